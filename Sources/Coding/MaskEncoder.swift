import Tensors

/// Codes booleans, element by element under a density or in patterns of 8, as a ``MaskModel`` says.
package struct MaskEncoder: StreamEncoder {
  package let layout: StreamLayout
  package let table: [UInt8]
  private let model: MaskModel
  private let symbols: SymbolModel?
  private let probabilities: [UInt16]
  private let rowLevels: [UInt8]

  private static let usualRow = 1024

  package init(_ source: any TensorSource, _ type: ElementType, rowLength: Int?) throws {
    guard type == .bool else { throw Failure(CodingReason.uncodable(.mask, type)) }
    let isMatrix = rowLength.map { (8...StreamLayout.longestRow).contains($0) } ?? false
    let layout = StreamLayout(
      elementCount: source.byteCount, rowLength: isMatrix ? rowLength! : Self.usualRow)
    var densities = DensitySurvey(rowLength: layout.rowLength)
    try eachChunk(of: source, layout, width: 1) { _, elements in
      if let other = elements.first(where: { $0 > 1 }) {
        throw Failure(CodingReason.notBoolean(other))
      }
      densities.add(elements.bindMemory(to: UInt8.self))
    }
    let levels = densities.levels()
    var survey = MaskSurvey(levels, hasColumns: isMatrix, rowLength: layout.rowLength)
    try eachChunk(of: source, layout, width: 1) { _, elements in
      survey.add(elements.bindMemory(to: UInt8.self))
    }
    (model, rowLevels) = survey.model()
    self.layout = layout
    var table: [UInt8] = []
    layout.write(to: &table)
    try model.write(to: &table)
    self.table = table
    switch model {
    case .patterns(let table): (symbols, probabilities) = (SymbolModel([table]), [])
    case .densities(let levels, let bytes):
      symbols = nil
      probabilities = levels.probabilities(bytes, rowLength: layout.rowLength)
    }
  }

  /// A byte: 0, and the elements in a bit each; or 1, and the row levels, if there are any, and the coded
  /// elements.
  package func encode(_ elements: UnsafeRawBufferPointer, chunk index: Int) throws -> [UInt8] {
    let mask = elements.bindMemory(to: UInt8.self)
    let coded =
      switch model {
      case .patterns: try encodePatterns(mask)
      case .densities(let levels, _): try encode(mask, under: levels, chunk: index)
      }
    guard coded.count > (mask.count + 7) / 8 else { return [1] + coded }
    return [0] + stride(from: 0, to: mask.count, by: 8).map { pattern(mask, $0) }
  }

  private func encodePatterns(_ mask: UnsafeBufferPointer<UInt8>) throws -> [UInt8] {
    let patterns = stride(from: 0, to: mask.count, by: 8).map { pattern(mask, $0) }
    return try ANSEncoder.encode(count: patterns.count) { encoder in
      patterns.withUnsafeBufferPointer { patterns in
        guard let first = patterns.baseAddress else { return }
        symbols!.put(
          first, patterns.count, contexts: nil, lanes: ANSEncoder.lanes, into: &encoder)
      }
    }
  }

  private func encode(
    _ mask: UnsafeBufferPointer<UInt8>, under levels: Levels, chunk index: Int
  ) throws -> [UInt8] {
    let rows = Array(rowLevels[layout.rows(ofChunk: index).clamped(to: rowLevels.indices)])
    var bytes: [UInt8] = []
    try levels.writeRows(rows[...], to: &bytes)
    guard let start = mask.baseAddress else { return bytes }
    bytes += try ANSEncoder.encode(count: mask.count) { encoder in
      probabilities.withUnsafeBufferPointer { probabilities in
        for place in layout.starts(of: mask.count).reversed() {
          let level = levels.row(place / layout.rowLength, of: rows)
          BitModel.put(
            start + place, min(layout.rowLength, mask.count - place),
            probabilities: probabilities.baseAddress! + level * layout.rowLength, into: &encoder)
        }
      }
    }
    return bytes
  }
}

extension Levels {
  /// For each row level the probability of a 1 in each column.
  func probabilities(_ bytes: [UInt8], rowLength: Int) -> [UInt16] {
    let known = bytes.map { Probability.parts($0)! }
    let beyond = [UInt16](repeating: known.last!, count: Levels.sums - known.count)
    return spread(known + beyond, rowLength: rowLength)
  }
}
