import Foundation
import TestSupport
import Testing

/// `pare convert` with other names, parts of tensors, shards of a number, and pipes.
@Suite struct SurgeryTests {
  private let folder = try! TemporaryFolder()

  private func converted(_ arguments: String...) throws -> (status: Int32, errors: String) {
    let result = try runPare(["convert"] + arguments)
    return (result.status, result.errors)
  }

  /// Names that nobody knows become those of BERT, and the model is one again.
  @Test func renamingMakesAModelOfIt() throws {
    let strange = "\(folder.path)/strange.safetensors"
    #expect(
      try converted(
        "samples/bert-tiny/model.safetensors", "-o", strange, "--rename", "bert.*=net/*",
        "--rename", "/^cls\\.(predictions)/=top.$1.x"
      ).status == 0)
    let names = try pare("inspect", "--json", strange).output
    #expect(names.contains("net/embeddings.LayerNorm.bias"))
    #expect(names.contains("top.predictions.x.transform.dense.weight"))
    let back = "\(folder.path)/back.safetensors"
    #expect(
      try converted(
        strange, "-o", back, "--rename", "net/*=bert.*", "--rename", "top.*.x.*=cls.*.*",
        "--quiet"
      ).status == 0)
    #expect(try bytes(of: back) == bytes(of: Places.sample("bert-tiny/model.safetensors")))
    let h5 = "\(folder.path)/x.h5"
    #expect(
      try converted(
        strange, "-o", h5, "--rename", "net/*=bert.*", "--rename", "top.*.x.*=cls.*.*",
        "--allow-unmapped", "--quiet"
      ).status == 0)
  }

  @Test(arguments: [
    ("--rename", "nothing*=x", "no tensor's name matches 'nothing*=x'"),
    ("--rename", "bert.*=x", "two tensors would be named 'x'"),
    ("--rename", "=x", "does not say how to rename"),
    ("--rename", "a*=b*c*", "does not say how to rename"),
    ("--rename", "/(/=x", "does not say how to rename"),
    ("--slice", "embeddings.position=0:99", "lies not within the shape [24, 16]"),
    ("--slice", "embeddings.position=3:3", "lies not within the shape"),
    ("--slice", "embeddings.position=:,:,:", "lies not within the shape"),
    ("--slice", "embeddings.position=1", "does not say what to cut out"),
    ("--slice", "embeddings.position=-1:2", "does not say what to cut out"),
    ("--slice", "nowhere=0:1", "no tensor matches 'nowhere=0:1'"),
    ("--split", "0", "takes a number of files"),
  ])
  func rulesThatMakeNoSense(_ option: String, _ value: String, _ message: String) throws {
    let result = try converted(
      "samples/bert-tiny", "-o", "\(folder.path)/x.safetensors", option, value)
    #expect(result.status == 2 && result.errors.contains(message), "\(result.errors)")
  }

  /// Rows and columns are those of the whole; the configuration says how many positions are left.
  @Test func slices() throws {
    let out = "\(folder.path)/cut"
    #expect(
      try converted(
        "samples/bert-tiny", "-o", "\(out)/", "--slice", "embeddings.position=4:12", "--quiet"
      ).status == 0)
    let configuration = try String(contentsOfFile: "\(out)/config.json", encoding: .utf8)
    #expect(configuration.contains(#""max_position_embeddings": 8"#))
    let check = try pare("check", out, "--strict")
    #expect(check.status == 0, "\(check.output)")
    let npy = "\(folder.path)/p.npy"
    let name = "bert.embeddings.position_embeddings.weight"
    #expect(
      try converted(
        "samples/bert-tiny/model.safetensors", "-o", npy, "--only", "name:\(name)", "--slice",
        "name:\(name)=1:3,4:6", "--quiet", "--allow-unmapped"
      ).status == 0)
    let whole = "\(folder.path)/w.npy"
    #expect(
      try converted(
        "samples/bert-tiny/model.safetensors", "-o", whole, "--only", "name:\(name)", "--quiet",
        "--allow-unmapped"
      ).status == 0)
    let (part, all) = (try bytes(of: npy).suffix(16), try bytes(of: whole).suffix(24 * 16 * 4))
    func element(_ row: Int, _ column: Int) -> ArraySlice<UInt8> {
      all.dropFirst((row * 16 + column) * 4).prefix(4)
    }
    #expect(
      Array(part)
        == [element(1, 4), element(1, 5), element(2, 4), element(2, 5)].flatMap { Array($0) })
  }

  @Test(arguments: [1, 2, 3, 46, 1000])
  func splitsIntoAtMostSoManyFiles(_ count: Int) throws {
    let out = "\(folder.path)/split-\(count)"
    #expect(
      try converted("samples/bert-tiny", "-o", "\(out)/", "--split", "\(count)", "--quiet").status
        == 0)
    let files = try folder.names("split-\(count)").filter { $0.hasSuffix(".safetensors") }
    #expect(files.count == min(count, 46), "\(files)")
    let merged = "\(folder.path)/merged-\(count).safetensors"
    #expect(try converted(out, "-o", merged, "--quiet").status == 0)
    #expect(try bytes(of: merged) == bytes(of: Places.sample("bert-tiny/model.safetensors")))
    let h5 = try converted("samples/bert-tiny", "-o", "\(folder.path)/x.h5", "--split", "2")
    #expect(h5.status == 2 && h5.errors.contains("not written in shards"))
  }

  /// What comes in through a pipe is told by its content; what goes out is what a file would be.
  @Test(arguments: [
    ("bert-tiny/model.safetensors", "npz"), ("pytorch/bert-tiny.bin", "safetensors"),
    ("numpy/bert-tiny.npz", "pytorch"),
  ])
  func pipes(_ sample: String, _ format: String) throws {
    let (piped, plain) = (
      "\(folder.path)/piped", "\(folder.path)/plain.\(format == "pytorch" ? "pt" : format)"
    )
    let source = Places.sample(sample)
    let result = try shell(
      "cat \(source) | pare convert - --to \(format) -o - --quiet > \(piped)", folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try converted(source, "-o", plain, "--quiet").status == 0)
    #expect(try bytes(of: piped) == bytes(of: plain))
  }

  @Test func pipesOfNothing() throws {
    let result = try shell("printf '' | pare inspect -", folder: folder.path)
    #expect(result.status == 3)
    #expect(result.errors.contains("standard input: the file is empty"))
  }
}
