import Foundation
import TestSupport
import Testing

/// What goes wrong, what is said of it, how the run ends, and what it leaves behind.
@Suite struct BadInputTests {
  private let folder = try! TemporaryFolder()

  private func expect(
    _ arguments: [String], status: Int32, says: String..., leaves: [String]? = nil,
    location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try folder.names()
    let result = try runPare(arguments, folder: folder.path)
    #expect(result.status == status, "\(result.errors)", sourceLocation: location)
    for message in says {
      #expect(result.errors.contains(message), "\(result.errors)", sourceLocation: location)
    }
    #expect(try folder.names() == leaves ?? before, sourceLocation: location)
  }

  @Test func inputsThatAreNoModels() throws {
    _ = try folder.file("empty.safetensors", [])
    _ = try folder.file(
      "pointer.safetensors",
      [UInt8]("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8))
    _ = try folder.file("page.h5", [UInt8]("<!DOCTYPE html><html>".utf8))
    _ = try folder.file("text.txt", [UInt8]("hello".utf8))
    _ = try folder.file("folder/readme.txt", [1])
    try expect(
      ["inspect", "empty.safetensors"], status: 3, says: "empty.safetensors: the file is empty")
    try expect(
      ["inspect", "pointer.safetensors"], status: 3, says: "Git LFS pointer", "git lfs pull")
    try expect(["inspect", "page.h5"], status: 3, says: "is a web page")
    try expect(["inspect", "text.txt"], status: 3, says: "format is not known", "pare formats")
    try expect(["inspect", "folder"], status: 3, says: "holds no weights")
    try expect(["inspect", "missing"], status: 3, says: "missing", "No such file")
    try expect(["inspect", "/dev/null"], status: 3, says: "not a regular file")
  }

  @Test func usageErrorsEndWithTwo() throws {
    let sample = Places.sample("bert-tiny")
    try expect(["inspect"], status: 2, says: "<model>")
    try expect(["convert", sample], status: 2, says: "--output")
    try expect(["convert", sample, "-o", "x", "--nonsense"], status: 2, says: "--nonsense")
    try expect(["convert", sample, "-o", "x", "--dtype", "I8"], status: 2, says: "I8")
    try expect(
      ["convert", sample, "-o", "x", "--to", "zip"], status: 2, says: "unknown format 'zip'")
    try expect(
      ["convert", sample, "-o", "x", "--dialect", "no"], status: 2, says: "unknown dialect")
    try expect(["convert", sample, "-o", "x", "--threads", "0"], status: 2, says: "--threads")
    try expect(
      ["convert", sample, "-o", "x", "--only", "/(/"], status: 2, says: "regular expression")
    try expect(
      ["convert", sample, "-o", "x.safetensors", "--shard-size", "2kB"], status: 2, says: "folder")
    try expect(["convert", sample, "-o", "-", "--to", "tf-h5"], status: 2, says: "pipe")
    try expect(
      ["convert", sample, "-o", "x.safetensors", "--compression", "gzip:3"], status: 2,
      says: "not compressed")
    try expect(["nonsense"], status: 2, says: "nonsense")
  }

  @Test func outputsThatCannotBe() throws {
    let sample = Places.sample("bert-tiny")
    _ = try folder.file("there.safetensors", [1])
    _ = try folder.file("model/model.safetensors", [2])
    try expect(
      ["convert", sample, "-o", "there.safetensors"], status: 4, says: "already exists", "--force")
    try expect(["convert", sample, "-o", "model"], status: 4, says: "already exists")
    try expect(
      ["convert", sample, "-o", "no/such/x.safetensors"], status: 4, says: "does not exist", "mkdir"
    )
    #expect(try bytes(of: "\(folder.path)/there.safetensors") == [1])
    #expect(try folder.names("model") == ["model.safetensors"])
  }

  @Test func theInputIsNeverTouched() throws {
    let original = try bytes(of: Places.sample("bert-tiny/model.safetensors"))
    _ = try folder.file("m.safetensors", original)
    try expect(
      ["convert", "m.safetensors", "-o", "m.safetensors"], status: 4, says: "already exists")
    try expect(
      ["convert", "m.safetensors", "-o", "m.safetensors", "--force", "--dtype", "BF16"], status: 2,
      says: "is the input itself")
    try expect(["convert", "m.safetensors", "-o", ""], status: 2, says: "has no name")
    #expect(try bytes(of: "\(folder.path)/m.safetensors") == original)
  }

  @Test func aFullDiskIsSaid() throws {
    let result = try shell("pare convert samples/bert-tiny -o - > /dev/full")
    #expect(result.status == 4)
    #expect(result.errors.contains("No space left on device"))
    let report = try shell("pare inspect samples/bert-tiny > /dev/full")
    #expect(report.status == 4)
  }

  /// Whether this user may mount a file system in a namespace of its own.
  private static let canMount =
    (try? run(
      "/usr/bin/env", ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], folder: "/"))?
    .status == 0

  /// A file system that is too small: found out before the work, and nothing is left.
  @Test(.enabled(if: canMount, "needs namespaces of users and mounts"))
  func aSmallDiskIsFoundOutBefore() throws {
    let line = """
      mkdir small && mount -t tmpfs -o size=64k none small || exit 77
      pare convert '\(Places.sample("sst2-tiny"))' -o small/x.safetensors; status=$?
      ls -A small; umount small; exit $status
      """
    let result = try run(
      "/usr/bin/env", ["unshare", "-rm", "sh", "-c", line], folder: folder.path,
      environment: ["PATH": "\(Places.products):/usr/bin:/bin:/usr/sbin:/sbin"])
    #expect(result.status == 4, "\(result.errors)")
    #expect(result.errors.contains("not enough space"))
    #expect(result.output.isEmpty)
  }

  @Test func unreadableFiles() throws {
    guard getuid() != 0 else {
      // The superuser may read everything: another user tries.
      let path = try folder.file("secret.safetensors", [1, 2, 3])
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
      let result = try run(
        "/usr/bin/env",
        [
          "setpriv", "--reuid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
          "\(Places.products)/pare", "inspect", path,
        ],
        folder: "/")
      if result.errors.contains("setpriv") || result.status == 126 || result.status == 127 {
        return
      }
      #expect(result.status == 3, "\(result.errors)")
      return
    }
    let path = try folder.file("secret.safetensors", [1, 2, 3])
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    try expect(["inspect", path], status: 3, says: "Permission denied")
  }

  /// A run that is told to stop leaves nothing; one that is killed leaves at most its partial output,
  /// which the next run removes. A gigabyte of holes is long enough to be stopped in. (Job control, as
  /// without it a shell starts background jobs with SIGINT ignored.)
  @Test(arguments: [
    ("TERM", 143, ""), ("INT", 130, ""), ("KILL", 137, ".out.safetensors.pare-partial"),
  ])
  func interruptedRuns(_ signal: String, _ status: Int32, _ leaves: String) throws {
    let model = try folder.file("holes.safetensors", [])
    try SparseModel([("weight", [1024, 262_144])]).write(to: model)
    let line = """
      set -m; pare convert holes.safetensors -o out.safetensors --dtype F16 & run=$!
      until [ -e .out.safetensors.pare-partial ]; do sleep 0.005; done
      kill -\(signal) $run; wait $run; echo status $?; ls -A | grep -v holes
      pare convert '\(Places.sample("bert-tiny"))' -o out.safetensors --quiet; ls -A | grep -v holes
      """
    let result = try run(
      "/bin/bash", ["-c", line], folder: folder.path,
      environment: ["PATH": "\(Places.products):/usr/bin:/bin"])
    let lines = result.output.split(separator: "\n").map(String.init)
    let expected = ["status \(status)"] + (leaves.isEmpty ? [] : [leaves]) + ["out.safetensors"]
    #expect(lines == expected, "\(result.errors)")
  }

  /// The same for a run that writes to a pipe which nobody reads.
  @Test(arguments: [("TERM", 143), ("INT", 130)])
  func interruptedPipes(_ signal: String, _ status: Int32) throws {
    // Writing to a pipe that nobody reads holds the run in its middle.
    let line = """
      set -m; mkfifo pipe; exec 3<>pipe
      pare convert '\(Places.sample("sst2-tiny"))' -o - >pipe & run=$!
      sleep 0.3; kill -\(signal) $run; wait $run; echo status $?
      """
    let result = try run(
      "/bin/bash", ["-c", line], folder: folder.path,
      environment: ["PATH": "\(Places.products):/usr/bin:/bin"])
    #expect(result.output.contains("status \(status)"), "\(result.output) \(result.errors)")
  }

  @Test func aKilledRunsRemainsAreRemoved() throws {
    _ = try folder.file(".out.safetensors.pare-partial", [1, 2, 3])
    _ = try folder.file(".model.pare-partial/model.safetensors", [1, 2, 3])
    let sample = Places.sample("bert-tiny")
    try expect(
      ["convert", sample, "-o", "out.safetensors"], status: 0,
      leaves: [".model.pare-partial", "out.safetensors"])
    try expect(
      ["convert", sample, "-o", "model"], status: 0, leaves: ["model", "out.safetensors"])
  }

  /// A reader that a parent started with signals ignored, as nohup does, goes on.
  @Test func ignoredSignalsStayIgnored() throws {
    let model = try folder.file("holes.safetensors", [])
    try SparseModel([("weight", [256, 262_144])]).write(to: model)
    let line = """
      trap '' HUP; pare convert holes.safetensors -o out.safetensors --quiet --dtype F16 & run=$!
      until [ -e .out.safetensors.pare-partial ]; do sleep 0.005; done
      kill -HUP $run; wait $run; echo status $?
      """
    let result = try run(
      "/bin/bash", ["-c", line], folder: folder.path,
      environment: ["PATH": "\(Places.products):/usr/bin:/bin"])
    #expect(result.output == "status 0\n", "\(result.errors)")
  }

  @Test func limitsOfSizeAreErrors() throws {
    let line = "ulimit -f 100; pare convert samples/sst2-tiny -o \(folder.path)/out.safetensors"
    let result = try shell(line)
    #expect(result.status == 4 && result.errors.contains("File too large"), "\(result.errors)")
    #expect(try folder.names() == [])
  }

  @Test func onlyShardsOfThisFormatAreSuperseded() throws {
    let others = [
      "model-0-backup.safetensors", "model-00001-old.safetensors", "model-01.safetensors",
    ]
    for name in others + ["model-00007-of-00009.safetensors"] {
      _ = try folder.file("d/\(name)", [1])
    }
    try expect(["convert", Places.sample("bert-tiny"), "-o", "d", "--force"], status: 0)
    let names = try folder.names("d")
    #expect(others.allSatisfy(names.contains))
    #expect(!names.contains("model-00007-of-00009.safetensors"))
    #expect(!names.contains { $0.hasSuffix("partial") })
  }

  @Test func theModelsOwnFolderIsNotWrittenOver() throws {
    for name in ["model.safetensors", "config.json", "vocab.txt"] {
      _ = try folder.file("m/\(name)", bytes(of: Places.sample("bert-tiny/\(name)")))
    }
    try expect(
      ["convert", "m", "-o", "m", "--force", "--dtype", "F16"], status: 2,
      says: "is the input itself")
    try expect(["convert", "m", "-o", "m", "--to", "tf-h5"], status: 0)
    #expect(
      try folder.names("m") == ["config.json", "model.safetensors", "tf_model.h5", "vocab.txt"])
  }

  @Test func whatTheTargetCannotSay() throws {
    let weights = try bytes(of: Places.sample("heads/model/model.safetensors"))
    _ = try folder.file("alone.safetensors", weights)
    try expect(
      ["convert", "alone.safetensors", "-o", "x.weights.h5", "--allow-unmapped"], status: 3,
      says: "number of attention heads", "config.json")
    try expect(
      ["convert", "alone.safetensors", "-o", "x.safetensors", "--dialect", "albert"], status: 2,
      says: "no names for bert models")
    try expect(
      ["convert", "alone.safetensors", "-o", "x.native", "--dtype", "F16"], status: 2,
      says: "native output takes none of")
  }

  /// What the target has no name for is an error, and carried when that is asked for.
  @Test func strangersAreCarriedOnRequest() throws {
    let sample = Places.sample("heads/question-answering")
    try expect(
      ["convert", sample, "-o", "x.weights.h5"], status: 3, says: "no place in the target",
      "--allow-unmapped")
    try expect(
      ["convert", sample, "-o", "x.weights.h5", "--allow-unmapped"], status: 0,
      says: "qa_outputs.weight: has no place", leaves: ["x.weights.h5"])
  }

  @Test func incompleteModelsAreNotConvertedUnasked() throws {
    let sample = Places.sample("bert-tiny")
    try expect(
      ["convert", sample, "-o", "part.safetensors", "--except", "encoder.1.attention.key"],
      status: 0, leaves: ["part.safetensors"])
    try expect(
      ["convert", "part.safetensors", "-o", "part.h5"], status: 3, says: "incomplete",
      "--allow-unmapped")
    try expect(
      ["convert", "part.safetensors", "-o", "part.h5", "--allow-unmapped"], status: 0,
      leaves: ["part.h5", "part.safetensors"])
  }
}
