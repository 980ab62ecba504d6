import Checkpoints
import Dialects
import Documents
import Formats
import Reports

/// What `pare formats` tells.
public enum FormatCatalogue {
  public static var text: String {
    var formats = Table(
      ("format", .left), ("read", .left), ("write", .left), ("shards", .left), ("pipe", .left),
      ("compressed", .left), ("composed", .left), ("endings", .left), ("", .left))
    func mark(_ format: any Format, _ capability: Capabilities) -> String {
      format.carries.contains(capability) ? "yes" : "–"
    }
    for format in FormatList.all {
      formats.add(
        format.name, mark(format, .reading), mark(format, .writing), mark(format, .sharding),
        mark(format, .streaming), mark(format, .compression), mark(format, .composition),
        format.extensions.joined(separator: " "), format.summary)
    }
    formats.add(
      NativeOutput.formatName, "–", "yes", "–", "yes", "–", "–", ".native",
      "sorted text: role, name, shape, storage, checksum, least, greatest, mean")
    var dialects = Table(("dialect", .left), ("families", .left), ("", .left))
    for dialect in DialectList.all {
      dialects.add(
        dialect.name, dialect.families.map(\.name).joined(separator: " "), dialect.summary)
    }
    return (formats.lines(indent: 0) + [""] + dialects.lines(indent: 0)).joined(separator: "\n")
  }

  public static var json: JSON {
    [
      "schema": "pare.formats/1",
      "formats": .array(
        FormatList.all.map { format in
          [
            "name": .string(format.name),
            "summary": .string(format.summary),
            "extensions": .array(format.extensions.map(JSON.string)),
            "reads": .bool(format.carries.contains(.reading)),
            "writes": .bool(format.carries.contains(.writing)),
            "shards": .bool(format.carries.contains(.sharding)),
            "streams": .bool(format.carries.contains(.streaming)),
            "compresses": .bool(format.carries.contains(.compression)),
            "composes": .bool(format.carries.contains(.composition)),
          ]
        }),
      "dialects": .array(
        DialectList.all.map { dialect in
          [
            "name": .string(dialect.name),
            "summary": .string(dialect.summary),
            "families": .array(dialect.families.map { .string($0.name) }),
          ]
        }),
    ]
  }
}
