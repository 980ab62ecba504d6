import Foundation
import TestSupport
import Testing

/// `pare embed` as a user runs it.
@Suite struct EmbedCommandTests {
  private let model = Places.sample("encoders/sentence/mean")

  @Test func linesBecomeVectors() throws {
    let folder = try TemporaryFolder()
    let (text, matrix) = (try folder.file("vectors.tsv"), try folder.file("vectors.npy"))
    let lines = #"printf 'fun\nvery bad plot\r\n\nbore'"#
    #expect(try shell("\(lines) | pare embed \(model) -o \(text)").status == 0)
    #expect(try shell("\(lines) | pare embed \(model) -o \(matrix)").status == 0)
    let rows = String(decoding: try bytes(of: text), as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: "\t").map { Float($0)! } }
    #expect(rows.map(\.count) == [24, 24, 24, 24])
    let file = try bytes(of: matrix)
    #expect(Array(file.prefix(8)) == [0x93] + Array("NUMPY".utf8) + [1, 0])
    let length = Int(file[8]) + Int(file[9]) << 8
    #expect((10 + length) % 64 == 0)
    let header = String(decoding: file[10..<(10 + length)], as: UTF8.self)
    #expect(header.contains("'shape': (4, 24)") && header.contains("'<f4'"))
    let values = file.dropFirst(10 + length).withUnsafeBytes { bytes in
      (0..<(bytes.count / 4)).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    #expect(values == rows.flatMap { $0 })
  }

  @Test func standardOutputIsTheDefault() throws {
    let result = try shell("echo fun | pare embed \(model)")
    #expect(result.status == 0 && result.output.split(separator: "\t").count == 24)
    let empty = try shell("true | pare embed \(model)")
    #expect(empty.status == 0 && empty.output.isEmpty)
    let matrix = try shell("echo fun | pare embed \(model) --to npy | wc -c")
    #expect(matrix.output.trimmingCharacters(in: .whitespacesAndNewlines) == "224")
  }

  @Test func whatIsWrongIsSaid() throws {
    let invalid = try shell(#"printf 'fun \377\n' | pare embed \#(model)"#)
    #expect(invalid.status == 0 && invalid.errors.contains("invalid UTF-8"))
    let long = try shell(
      "awk 'BEGIN { while (i++ < 300) printf \"fun \" }' | pare embed \(model) | wc -l")
    #expect(long.status == 0 && long.errors.contains("cut to the model's limit"))
    let exists = try TemporaryFolder()
    let file = try exists.file("vectors.npy", [1])
    #expect(try shell("echo fun | pare embed \(model) -o \(file)").status == 4)
    #expect(try bytes(of: file) == [1])
    #expect(try shell("echo fun | pare embed \(Places.sample("heads/model"))").status == 3)
  }
}
