import Checkpoints
import Documents
import Tensors
import Testing

@testable import Formats

/// The parts of tensors in an ordinary file, whose metadata say under `layout` how they nest: as the manifest of the
/// format `pare` does, with names of tensors for streams.
struct PareParts {
  private let layout: JSON
  private let parts: [String: Tensor]

  init(_ container: Container) throws {
    let text = try #require(container.metadata.first { $0.key == "layout" }?.value)
    layout = try JSON.parse([UInt8](text.utf8), file: "layout")
    parts = Dictionary(uniqueKeysWithValues: container.tensors.map { ($0.name, $0.tensor) })
  }

  func container() throws -> Container {
    let tensors = try layout.members!.map { name, entry in
      NamedTensor(
        name, try storage(entry.array![2]), try Shape(reading: entry.array![1]),
        as: try #require(ElementType(rawValue: entry.array![0].string!)))
    }
    return Container(
      format: "pare", files: [], byteCount: 0, tensors: tensors,
      metadata: [("format", "pt"), ("pare.recipe", "{\"schema\": \"pare.recipe/1\"}")])
  }

  private func part(_ json: JSON?) throws -> Tensor {
    let name = try #require(json?.string)
    return try #require(parts[name])
  }

  private func storage(_ json: JSON) throws -> Storage {
    guard let (key, fields) = json.members?.first else { return .dense(try part(json)) }
    switch key {
    case "sparse":
      return .sparse(
        mask: Mask(
          kept: try part(fields["mask"]), denseShape: try Shape(reading: fields["shape"]!),
          block: try Shape(reading: fields["block"]!)),
        values: try storage(fields["values"]!))
    case "factorized":
      return .factorized(
        left: try storage(fields["left"]!), right: try storage(fields["right"]!))
    case "sum": return .sum(try storage(fields["left"]!), try storage(fields["right"]!))
    default:
      return .quantized(codes: try part(fields["codes"]), scheme: try scheme(key, fields))
    }
  }

  private func scheme(_ key: String, _ fields: JSON) throws -> QuantizationScheme {
    switch key {
    case "uniform":
      return .uniform(
        bits: fields["bits"]!.integer!, granularity: granularity(fields["per"]!.array!),
        scales: try part(fields["scales"]),
        zeroPoints: try fields["zero_points"].map { try part($0) },
        groupIndex: try fields["group_index"].map { try part($0) })
    case "codebook":
      return .codebook(bits: fields["bits"]!.integer!, entries: try part(fields["entries"]))
    case "product": return .product(entries: try part(fields["entries"]))
    default: return .rowStep(steps: try part(fields["steps"]))
    }
  }

  private func granularity(_ values: [JSON]) -> QuantizationScheme.Granularity {
    switch values[0].string {
    case "axis": .axis(values[1].integer!)
    case "group": .group(values[1].integer!)
    case "block": .block(rows: values[1].integer!, columns: values[2].integer!)
    default: .tensor
    }
  }
}
