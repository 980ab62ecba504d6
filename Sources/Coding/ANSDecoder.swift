import CKernels
import Tensors

/// Takes out what an ``ANSEncoder`` put in, the first symbol first.
///
/// Whatever the bytes are, states stay below 2³² and no byte beyond the last is read; that they end where
/// the encoder began, ``finish()`` holds against nearly every damage.
struct ANSDecoder {
  private var coder = PareANS()
  private let instructions: DecoderInstructions

  init(
    _ bytes: UnsafeRawBufferPointer, lanes: Int = ANSEncoder.lanes,
    instructions: DecoderInstructions = .available
  ) throws {
    guard bytes.count >= lanes * 4, let start = bytes.baseAddress else {
      throw Failure(CodingReason.endsWithin("the states of a coder"))
    }
    self.instructions = instructions
    coder.words = (start + lanes * 4).assumingMemoryBound(to: UInt8.self)
    coder.end = (start + bytes.count).assumingMemoryBound(to: UInt8.self)
    try withStates { states in
      for lane in 0..<ANSEncoder.lanes {
        states[lane] =
          lane < lanes
          ? start.loadUnaligned(fromByteOffset: lane * 4, as: UInt32.self) : ANSEncoder.lowest
        guard states[lane] >= ANSEncoder.lowest else { throw Failure(CodingReason.states) }
      }
    }
  }

  /// Fails unless all words are taken and all states are as an encoder's are in the beginning.
  mutating func finish() throws {
    let isAtStart = withStates { states in
      (0..<ANSEncoder.lanes).allSatisfy { states[$0] == ANSEncoder.lowest }
    }
    guard isAtStart, coder.words == coder.end else { throw Failure(CodingReason.states) }
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
    let taken =
      instructions == .avx2 ? pare_ans_symbols(&coder, count, slots, contexts, output) : 0
    try eachLane(taken..<count) { index, state in
      let table = contexts.map { Int($0[index]) &<< Int(FrequencyTable.precision) } ?? 0
      output[index] = Self.symbol(slots + table, &state)
    }
  }

  /// Takes symbols, all from the first state.
  mutating func symbolsOfOneLane(_ count: Int, slots: [UInt32]) throws -> [UInt8] {
    var symbols: [UInt8] = []
    symbols.reserveCapacity(count)
    try slots.withUnsafeBufferPointer { slots in
      for _ in 0..<count {
        try eachLane(0..<1) { symbols.append(Self.symbol(slots.baseAddress!, &$1)) }
      }
    }
    return symbols
  }

  @inline(__always)
  private static func symbol(_ slots: UnsafePointer<UInt32>, _ state: inout UInt32) -> UInt8 {
    let entry = slots[Int(state & SlotTable.mask)]
    state =
      SlotTable.frequency(entry) &* (state >> FrequencyTable.precision) &+ SlotTable.bias(entry)
    return UInt8(truncatingIfNeeded: entry)
  }

  /// Takes a bit for each probability, as bytes 0 and 1; the n-th from state n mod 8.
  ///
  /// - Parameter probabilities: of a 1, in 2¹⁴ parts, more than none and less than all.
  mutating func bits(
    _ count: Int, probabilities: UnsafePointer<UInt16>, into output: UnsafeMutablePointer<UInt8>
  ) throws {
    let taken = instructions == .avx2 ? pare_ans_bits(&coder, count, probabilities, output) : 0
    try eachLane(taken..<count) { index, state in
      let ones = UInt32(probabilities[index])
      let slot = state & (BitModel.total - 1)
      let isOne = slot < ones
      output[index] = isOne ? 1 : 0
      state =
        (isOne ? ones : BitModel.total &- ones) &* (state >> BitModel.precision)
        &+ (isOne ? slot : slot &- ones)
    }
  }

  /// Lets a closure take one symbol after another, and fills up the states.
  ///
  /// - Precondition: the first place is a multiple of 8.
  @inline(__always)
  private mutating func eachLane(
    _ places: Range<Int>, _ body: (Int, inout UInt32) -> Void
  ) throws {
    var words = UnsafeRawPointer(coder.words!)
    let end = UnsafeRawPointer(coder.end!)
    let isWhole = withStates { states -> Bool in
      var first = places.lowerBound
      // No state takes more than a word: 16 bytes are enough for a group.
      while first &+ 8 <= places.upperBound, end - words >= 16 {
        for lane in 0..<8 {
          body(first &+ lane, &states[lane])
          Self.fill(&states[lane], from: &words)
        }
        first &+= 8
      }
      for place in first..<places.upperBound {
        let lane = place & 7
        body(place, &states[lane])
        guard states[lane] >= ANSEncoder.lowest || end - words >= 2 else { return false }
        Self.fill(&states[lane], from: &words)
      }
      return true
    }
    coder.words = words.assumingMemoryBound(to: UInt8.self)
    guard isWhole else { throw Failure(CodingReason.endsWithin("the words of a coder")) }
  }

  @inline(__always)
  private static func fill(_ state: inout UInt32, from words: inout UnsafeRawPointer) {
    guard state < ANSEncoder.lowest else { return }
    state = state << 16 | UInt32(words.loadUnaligned(as: UInt16.self))
    words += 2
  }

  @inline(__always)
  private mutating func withStates<Result>(
    _ body: (UnsafeMutablePointer<UInt32>) throws -> Result
  ) rethrows -> Result {
    try withUnsafeMutableBytes(of: &coder.states) {
      try body($0.baseAddress!.assumingMemoryBound(to: UInt32.self))
    }
  }
}
