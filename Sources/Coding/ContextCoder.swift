import Tensors

/// Codes the symbols of a chunk under a ``ContextModel``.
struct ContextEncoder: Sendable {
  let model: ContextModel
  private let rowLength: Int
  private let symbols: SymbolModel
  private let contexts: [UInt8]?

  init(_ model: ContextModel, rowLength: Int) {
    self.model = model
    self.rowLength = rowLength
    symbols = SymbolModel(model.tables)
    contexts = model.contexts(rowLength: rowLength)
  }

  /// Appends the levels of the rows, if they have any, and the coded symbols.
  func encode(
    _ chunk: UnsafeBufferPointer<UInt8>, rowLevels: ArraySlice<UInt8>, to bytes: inout [UInt8]
  ) throws {
    try model.levels.writeRows(rowLevels, to: &bytes)
    guard let first = chunk.baseAddress else { return }
    bytes += try ANSEncoder.encode(count: chunk.count) { encoder in
      guard let contexts else {
        symbols.put(first, chunk.count, contexts: nil, lanes: ANSEncoder.lanes, into: &encoder)
        return
      }
      contexts.withUnsafeBufferPointer { contexts in
        let levels = Array(rowLevels)
        for start in stride(from: 0, to: chunk.count, by: rowLength).reversed() {
          let level = model.levels.row(start / rowLength, of: levels)
          symbols.put(
            first + start, min(rowLength, chunk.count - start),
            contexts: contexts.baseAddress! + level * rowLength, lanes: ANSEncoder.lanes,
            into: &encoder)
        }
      }
    }
  }
}

/// Decodes what a ``ContextEncoder`` coded.
struct ContextDecoder: Sendable {
  private let model: ContextModel
  private let rowLength: Int
  private let slots: [UInt32]
  private let contexts: [UInt8]?
  private let instructions: DecoderInstructions

  /// - Parameter flip: bits in which a symbol differs from the byte that is written for it.
  init(
    _ model: ContextModel, rowLength: Int, flip: UInt8 = 0, instructions: DecoderInstructions
  ) {
    self.model = model
    self.instructions = instructions
    self.rowLength = rowLength
    slots = SlotTable.tables(model.tables, flip: flip)
    contexts = model.contexts(rowLength: rowLength)
  }

  /// Reads all that is left.
  func decode(
    _ reader: inout ByteReader, into output: UnsafeMutableBufferPointer<UInt8>
  ) throws {
    let rows = (output.count + rowLength - 1) / rowLength
    let levels = try model.levels.readRows(rows, from: &reader)
    guard let first = output.baseAddress, !output.isEmpty else { return }
    var decoder = try ANSDecoder(reader.rest(), instructions: instructions)
    try slots.withUnsafeBufferPointer { slots in
      guard let contexts else {
        return try decoder.symbols(
          output.count, slots: slots.baseAddress!, contexts: nil, into: first)
      }
      try contexts.withUnsafeBufferPointer { contexts in
        for start in stride(from: 0, to: output.count, by: rowLength) {
          let level = model.levels.row(start / rowLength, of: levels)
          try decoder.symbols(
            min(rowLength, output.count - start), slots: slots.baseAddress!,
            contexts: contexts.baseAddress! + level * rowLength, into: first + start)
        }
      }
    }
    try decoder.finish()
  }
}
