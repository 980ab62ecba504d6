import Glibc

/// The files that are measured: made once a run, in a folder that is gone at the end.
final class Workload {
  let folder: String
  let pare: String
  /// A Python with numpy, safetensors and h5py, if one is named.
  let python: String?

  init() throws {
    var template = Array("/tmp/pare-benchmarks-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw BenchmarkFailure(description: "no folder") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    pare = getenv("PARE").map { String(cString: $0) } ?? ".build/release/pare"
    python = getenv("PARE_PYTHON").map { String(cString: $0) }
  }

  deinit { _ = try? run(["rm", "-rf", folder]) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// The shapes of all-MiniLM-L6-v2, 90.9 MB of pseudo-random F32.
  lazy var miniLM: String = {
    let path = path("minilm.safetensors")
    write(shapes(hidden: 384, layers: 6), to: path, sparse: false)
    return path
  }()

  lazy var miniLMInHDF5: String = {
    let target = path("tf_model.h5")
    _ = try? run([pare, "convert", "--quiet", miniLM, "-o", target])
    return target
  }()

  /// 2 GB: the same kind of model, wider and deeper.
  lazy var large: String = {
    let path = path("large.safetensors")
    write(shapes(hidden: 1024, layers: 38), to: path, sparse: false)
    return path
  }()

  lazy var largeInHDF5: String = {
    let target = path("large.h5")
    _ = try? run([pare, "convert", "--quiet", large, "-o", target])
    return target
  }()

  /// 10 GB in 20 files of holes.
  lazy var shardedFolder: String = {
    let folder = path("sharded")
    mkdir(folder, 0o755)
    var entries: [String] = []
    let tensors = shapes(hidden: 2560, layers: 31)
    let size = (tensors.count + 19) / 20
    for (index, start) in stride(from: 0, to: tensors.count, by: size).enumerated() {
      let part = Array(tensors[start..<min(start + size, tensors.count)])
      let name = "model-\(index).safetensors"
      write(part, to: "\(folder)/\(name)", sparse: true)
      entries += part.map { "\"\($0.0)\":\"\(name)\"" }
    }
    let index = "{\"metadata\":{},\"weight_map\":{\(entries.joined(separator: ","))}}"
    save([UInt8](index.utf8), to: "\(folder)/model.safetensors.index.json")
    return folder
  }()

  private func shapes(hidden h: Int, layers: Int) -> [(String, [Int])] {
    var tensors: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [30522, h]),
      ("embeddings.position_embeddings.weight", [512, h]),
      ("embeddings.token_type_embeddings.weight", [2, h]),
      ("embeddings.LayerNorm.weight", [h]), ("embeddings.LayerNorm.bias", [h]),
      ("pooler.dense.weight", [h, h]), ("pooler.dense.bias", [h]),
    ]
    for layer in 0..<layers {
      for (name, out, input) in [
        ("attention.self.query", h, h), ("attention.self.key", h, h),
        ("attention.self.value", h, h), ("attention.output.dense", h, h),
        ("intermediate.dense", 4 * h, h), ("output.dense", h, 4 * h),
      ] {
        tensors.append(("encoder.layer.\(layer).\(name).weight", [out, input]))
        tensors.append(("encoder.layer.\(layer).\(name).bias", [out]))
      }
      for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        tensors.append(("encoder.layer.\(layer).\(name).weight", [h]))
        tensors.append(("encoder.layer.\(layer).\(name).bias", [h]))
      }
    }
    return tensors
  }

  private func write(_ tensors: [(String, [Int])], to path: String, sparse: Bool) {
    var end = 0
    let members = tensors.map { name, shape in
      let start = end
      end += 4 * shape.reduce(1, *)
      let lengths = shape.map(String.init).joined(separator: ",")
      return
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[\(lengths)],\"data_offsets\":[\(start),\(end)]}"
    }
    var header = [UInt8]("{\(members.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    save(withUnsafeBytes(of: UInt64(header.count)) { [UInt8]($0) } + header, to: path)
    if sparse {
      truncate(path, 8 + header.count + end)
    } else {
      appendRandomFloats(end / 4, to: path)
    }
  }

  private func save(_ bytes: [UInt8], to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress!, $0.count) }
    close(file)
  }

  /// Floats of about a weight's size, a megabyte of them again and again.
  private func appendRandomFloats(_ count: Int, to path: String) {
    var state: UInt64 = 1
    let block = (0..<262_144).map { _ -> Float in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / 4e10
    }
    let file = open(path, O_WRONLY | O_APPEND)
    var left = count
    while left > 0 {
      let now = min(left, block.count)
      _ = block.withUnsafeBytes { Glibc.write(file, $0.baseAddress!, now * 4) }
      left -= now
    }
    close(file)
  }
}
