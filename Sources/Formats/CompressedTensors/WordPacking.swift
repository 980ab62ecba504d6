import Tensors

/// How integers of 1 to 8 bits lie in 32-bit words, the lowest bits first.
///
/// A line of integers has words of its own, the last of them filled up. Files hold them unsigned; in memory they are
/// signed, less by half their range.
struct WordPacking: Equatable {
  let bits: Int
  /// How many lie in each word, whose highest bits are left over; nil where they run on from word to word.
  let perWord: Int?
  /// The places of the values within a word; nil where they are in order.
  var order: [Int]?

  /// Running on, as compressed-tensors packs since 0.18 and GPTQ always did.
  static func dense(_ bits: Int) -> WordPacking { WordPacking(bits: bits, perWord: nil) }

  /// `32 / bits` in a word, as compressed-tensors packed before 0.18; the same as dense for 1, 2, 4 and 8 bits.
  static func perWord(_ bits: Int) -> WordPacking { WordPacking(bits: bits, perWord: 32 / bits) }

  /// The packing by which a line of that length takes that many words. Short lines may take as many in both: then
  /// the file's age decides.
  static func found(_ bits: Int, length: Int, words: Int, isOld: Bool) -> WordPacking? {
    let both = isOld ? [perWord(bits), dense(bits)] : [dense(bits), perWord(bits)]
    return both.first { $0.wordCount(of: length) == words }
  }

  /// The words of a line; nil where their number overflows.
  func wordCount(of length: Int) -> Int? {
    if let perWord { return length / perWord + (length % perWord == 0 ? 0 : 1) }
    let (bitCount, overflow) = length.multipliedReportingOverflow(by: bits)
    return overflow ? nil : bitCount / 32 + (bitCount % 32 == 0 ? 0 : 1)
  }

  var half: Int { 1 << (bits - 1) }
  var mask: UInt32 { 1 << bits - 1 }

  /// The word and the shift in it of a value in its line.
  @inline(__always)
  private func place(of index: Int) -> (word: Int, shift: Int) {
    if let perWord {
      let within = order.map { $0[index % perWord] } ?? index % perWord
      return (index / perWord, within * bits)
    }
    return (index * bits / 32, index * bits % 32)
  }

  /// Unpacks lines of words.
  ///
  /// - Parameters:
  ///   - increment: added to each unsigned value, modulo the range: GPTQ stores zero points less one.
  ///   - words: in 32 bits, little-endian.
  ///   - values: gets the signed values.
  func unpack(
    _ words: UnsafeRawBufferPointer, _ from: Strides, lines: Int, length: Int,
    increment: UInt32 = 0, to: Strides, _ values: UnsafeMutableBufferPointer<Int8>
  ) {
    let half = Int32(half)
    func load(_ index: Int) -> UInt32 {
      UInt32(littleEndian: words.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
    }
    for line in 0..<lines {
      for index in 0..<length {
        let (word, shift) = place(of: index)
        let start = line * from.line + word * from.step
        var value = load(start) >> UInt32(shift)
        if shift + bits > 32 { value |= load(start + from.step) << UInt32(32 - shift) }
        let code = Int32((value &+ increment) & mask) - half
        values[line * to.line + index * to.step] = Int8(code)
      }
    }
  }

  /// Packs lines of signed values into words, which are zero before.
  ///
  /// - Throws: ``Failure`` at a value beyond the bits.
  func pack(
    _ values: UnsafeBufferPointer<Int8>, _ from: Strides, lines: Int, length: Int, to: Strides,
    _ words: inout [UInt32]
  ) throws {
    for line in 0..<lines {
      for index in 0..<length {
        let signed = Int(values[line * from.line + index * from.step])
        guard (-half..<half).contains(signed) else {
          throw Failure(CompressedTensorsReason.codeBeyondBits(signed, bits: bits))
        }
        let (word, shift) = place(of: index)
        let start = line * to.line + word * to.step
        let value = UInt32(signed + half)
        words[start] |= value << UInt32(shift)
        if shift + bits > 32 { words[start + to.step] |= value >> UInt32(32 - shift) }
      }
    }
  }
}

/// Where the elements of lines lie: so far from line to line, and so far from one to the next in a line.
struct Strides {
  var line: Int
  var step: Int

  /// Line after line.
  static func rows(of length: Int) -> Strides { Strides(line: length, step: 1) }
  /// Side by side: the lines are the columns of a matrix.
  static func columns(of lines: Int) -> Strides { Strides(line: 1, step: lines) }
}

extension WordPacking {
  /// The signed values of a tensor of words, unpacked when they are asked for.
  ///
  /// - Precondition: the tensor has the words that the lines take.
  func values(
    of packed: Tensor, _ from: Strides, lines: Int, length: Int, increment: UInt32 = 0,
    to: Strides, shape: Shape
  ) -> Tensor {
    Computation.tensors([(.i8, shape)]) {
      try packed.withBytes { words in
        let bytes = [UInt8](unsafeUninitializedCapacity: lines * length) { buffer, count in
          buffer.withMemoryRebound(to: Int8.self) { values in
            unpack(
              words, from, lines: lines, length: length, increment: increment, to: to, values)
          }
          count = lines * length
        }
        return [bytes]
      }
    }[0]
  }

  /// The words of a tensor of signed bytes, packed when they are asked for.
  func words(
    of values: Tensor, _ from: Strides, lines: Int, length: Int, to: Strides, shape: Shape
  ) -> Tensor {
    Computation.tensors([(.i32, shape)]) {
      try values.withBytes { bytes in
        var words = [UInt32](repeating: 0, count: shape.elementCount)
        try pack(
          bytes.bindMemory(to: Int8.self), from, lines: lines, length: length, to: to, &words)
        return [words.withUnsafeBytes { [UInt8]($0) }]
      }
    }[0]
  }
}
