import Tensors

/// Takes out what an ``ANSEncoder`` put in, the first symbol first.
///
/// Whatever the bytes are, states stay below 2³² and no byte beyond the last is read; that they end where
/// the encoder began, ``finish()`` holds against nearly every damage.
struct ANSDecoder {
  private(set) var states: SIMD8<UInt32>
  private(set) var words: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer, lanes: Int = ANSEncoder.lanes) throws {
    guard bytes.count >= lanes * 4 else { throw Failure(CodingReason.endsWithin("the states")) }
    states = SIMD8(repeating: ANSEncoder.lowest)
    for lane in 0..<lanes {
      states[lane] = UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: lane * 4, as: UInt32.self))
      guard states[lane] >= ANSEncoder.lowest else { throw Failure(CodingReason.states) }
    }
    words = UnsafeRawBufferPointer(rebasing: bytes[(lanes * 4)...])
  }

  /// Fails unless all words are taken and all states are as an encoder's are in the beginning.
  func finish() throws {
    guard words.isEmpty, states == SIMD8(repeating: ANSEncoder.lowest) else {
      throw Failure(CodingReason.states)
    }
  }

  /// Takes symbols, the n-th from state n mod 8.
  ///
  /// - Parameters:
  ///   - slots: one ``SlotTable`` after another.
  ///   - contexts: for each symbol, which table; the first, if nil.
  mutating func symbols(
    _ count: Int, slots: UnsafePointer<UInt32>, contexts: UnsafePointer<UInt8>?,
    into output: UnsafeMutablePointer<UInt8>
  ) throws {
    try eachLane(count) { index, state in
      let table = contexts.map { Int($0[index]) &<< Int(FrequencyTable.precision) } ?? 0
      let entry = slots[table &+ Int(state & SlotTable.mask)]
      output[index] = UInt8(truncatingIfNeeded: entry)
      state =
        SlotTable.frequency(entry) &* (state >> FrequencyTable.precision)
        &+ SlotTable.bias(entry)
    }
  }

  /// Takes symbols, all from the first state.
  mutating func symbolsOfOneLane(_ count: Int, slots: [UInt32]) throws -> [UInt8] {
    var state = states[0]
    var place = 0
    var symbols: [UInt8] = []
    symbols.reserveCapacity(count)
    for _ in 0..<count {
      let entry = slots[Int(state & SlotTable.mask)]
      symbols.append(UInt8(truncatingIfNeeded: entry))
      state =
        SlotTable.frequency(entry) &* (state >> FrequencyTable.precision) &+ SlotTable.bias(entry)
      guard state < ANSEncoder.lowest else { continue }
      guard words.count - place >= 2 else {
        throw Failure(CodingReason.endsWithin("the words of a coder"))
      }
      state = state << 16 | UInt32(words.loadUnaligned(fromByteOffset: place, as: UInt16.self))
      place += 2
    }
    states[0] = state
    words = UnsafeRawBufferPointer(rebasing: words[place...])
    return symbols
  }

  /// Takes a bit for each probability, as bytes 0 and 1; the n-th from state n mod 8.
  ///
  /// - Parameter probabilities: of a 1, in 2^``BitModel/precision`` parts, more than none and less than all.
  mutating func bits(
    _ count: Int, probabilities: UnsafePointer<UInt16>, into output: UnsafeMutablePointer<UInt8>
  ) throws {
    try eachLane(count) { index, state in
      let ones = UInt32(probabilities[index])
      let slot = state & (BitModel.total - 1)
      let isOne = slot < ones
      output[index] = isOne ? 1 : 0
      let frequency = isOne ? ones : BitModel.total &- ones
      state =
        frequency &* (state >> BitModel.precision) &+ (isOne ? slot : slot &- ones)
    }
  }

  /// Lets a closure take one symbol after another, and fills up their states.
  @inline(__always)
  private mutating func eachLane(_ count: Int, _ body: (Int, inout UInt32) -> Void) throws {
    guard let start = words.baseAddress else {
      guard count == 0 else { throw Failure(CodingReason.states) }
      return
    }
    let end = words.count
    var place = 0
    var isShort = false
    withUnsafeMutableBytes(of: &states) { bytes in
      let states = bytes.baseAddress!.assumingMemoryBound(to: UInt32.self)
      var index = 0
      while index < count {
        if end &- place >= 16, count &- index >= 8 {
          for lane in 0..<8 {
            var state = states[lane]
            body(index &+ lane, &state)
            if state < ANSEncoder.lowest {
              state =
                state << 16
                | UInt32(start.loadUnaligned(fromByteOffset: place, as: UInt16.self))
              place &+= 2
            }
            states[lane] = state
          }
          index &+= 8
          continue
        }
        for lane in 0..<min(8, count &- index) {
          var state = states[lane]
          body(index &+ lane, &state)
          if state < ANSEncoder.lowest {
            guard end &- place >= 2 else {
              isShort = true
              return
            }
            state =
              state << 16 | UInt32(start.loadUnaligned(fromByteOffset: place, as: UInt16.self))
            place &+= 2
          }
          states[lane] = state
        }
        index &+= 8
      }
    }
    guard !isShort else { throw Failure(CodingReason.endsWithin("the words of a coder")) }
    words = UnsafeRawBufferPointer(rebasing: words[place...])
  }
}
