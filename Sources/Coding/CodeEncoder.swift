import Tensors

/// Codes integers of 8 to 32 bits: symbols under a ``ContextModel``, and what a ``CodeWindow`` leaves of
/// wider ones.
package struct CodeEncoder: StreamEncoder {
  package let layout: StreamLayout
  package let table: [UInt8]
  private let type: ElementType
  private let split: CodeSplit
  private let coder: ContextEncoder
  private let rowLevels: [UInt8]

  /// Rows of values that stand in none: enough for a level to pay.
  private static let usualRow = 1024

  package init(_ source: any TensorSource, _ type: ElementType, rowLength: Int?) throws {
    guard StreamKind(type) == .codes, let width = type.byteWidth else {
      throw Failure(CodingReason.uncodable(.codes, type))
    }
    let isMatrix = rowLength.map { (8...StreamLayout.longestRow).contains($0) } ?? false
    let layout = StreamLayout(
      elementCount: source.byteCount / width, rowLength: isMatrix ? rowLength! : Self.usualRow)
    let window =
      width == 1
      ? CodeWindow(bytes: type) : CodeWindow(fitting: try Self.sample(source, type, layout))
    let split = CodeSplit(window: window, placeholder: 0)
    let isSigned = [.i8, .i16, .i32].contains(type)
    var spreads = SpreadSurvey(
      measure: window.measure(isSigned: isSigned), rowLength: layout.rowLength)
    try eachChunk(of: source, layout, width: width) { _, elements in
      try split.withSymbols(of: elements, type) { spreads.add($0) }
    }
    let levels = spreads.levels()
    var survey = ContextSurvey(
      rows: levels.rows, columns: isMatrix ? levels.columns : [], rowLength: layout.rowLength)
    try eachChunk(of: source, layout, width: width) { _, elements in
      try split.withSymbols(of: elements, type) { survey.add($0) }
    }
    let model = survey.model()
    self.layout = layout
    self.type = type
    self.split = split
    rowLevels = levels.rows
    coder = ContextEncoder(model, rowLength: layout.rowLength)
    var table: [UInt8] = []
    layout.write(to: &table)
    if width > 1 { window.write(to: &table) }
    try model.write(to: &table)
    self.table = table
  }

  /// Elements from all over: a piece of each chunk, of so many chunks as hold enough.
  private static func sample(
    _ source: any TensorSource, _ type: ElementType, _ layout: StreamLayout
  ) throws -> [Int] {
    var sample: [Int] = []
    let share = max(256, (1 << 16) / max(1, layout.chunkCount))
    try eachChunk(of: source, layout, width: type.byteWidth!) { _, elements in
      let step = max(1, elements.count / type.byteWidth! / share)
      eachInteger(of: elements, type) { index, value in
        if index % step == 0 { sample.append(value) }
      }
    }
    return sample
  }

  /// A byte: 0, and the elements as they are; or 1, the exceptions and low bits of wide elements, the row
  /// levels and the symbols.
  package func encode(_ elements: UnsafeRawBufferPointer, chunk index: Int) throws -> [UInt8] {
    var bytes: [UInt8] = [1]
    if type.byteWidth! > 1 { split.writeRest(of: elements, type, to: &bytes) }
    let rows = layout.rows(ofChunk: index)
    try split.withSymbols(of: elements, type) { symbols in
      try coder.encode(symbols, rowLevels: rowLevels[rows], to: &bytes)
    }
    return bytes.count <= elements.count ? bytes : [0] + elements
  }
}
