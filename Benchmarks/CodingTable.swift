import Coding
import Glibc
import Tensors

/// Entropy coding of real weights: sizes against the order-0 bound and zstd, and speed.
///
/// `PARE_CODING_MODEL` names a safetensors file with the linears of an encoder; without it, it is the model of
/// the encoder's table.
func codingTable(_ workload: Workload) throws {
  print("\ncoding: streams of real weights")
  guard let weights = try CodingWorkload() else { return }
  print(
    "  codes of \(weights.linears.count) linears: bits a weight; size against the order-0 bound of the codes, zeros"
      + " included; millions of weights a second on one core"
  )
  for bits in [4, 8] { try denseRow(weights, bits: bits, workload) }
  for percent in [80, 90, 95] { try sparseRow(weights, percent, workload) }
  print(
    "  floating-point numbers, without loss: times smaller; GB a second of one core, of two threads"
  )
  let isWide = weights.floats.contains { $0.elementType == .f32 }
  for type in isWide ? [ElementType.f32, .bf16, .f16] : [.f16, .bf16] {
    try floatRow(weights, type)
  }
}

private func denseRow(_ weights: CodingWorkload, bits: Int, _ workload: Workload) throws {
  let codes = weights.linears.map { $0.codes(bits: bits).map { UInt8(bitPattern: $0) } }
  let start = ownTime()
  let coded = try zip(codes, weights.linears).map {
    try CodedTensor(.codes, .i8, $0, rowLength: $1.columns)
  }
  let encoding = ownTime() - start
  let count = codes.reduce(0) { $0 + $1.count }
  let packed = bits == 4 ? codes.map(nibbles) : codes
  show(
    "int\(bits)", count, size: coded.reduce(0) { $0 + $1.size }, bound: bound(codes),
    zstd: try zstd(packed, workload), encoding: encoding,
    c: try decoding(coded, .available), swift: try decoding(coded, .baseline))
}

private func sparseRow(_ weights: CodingWorkload, _ percent: Int, _ workload: Workload) throws {
  let threshold = weights.threshold(Double(percent) / 100)
  let masks = weights.linears.map { $0.mask(above: threshold) }
  let dense = zip(weights.linears, masks).map { linear, mask in
    zip(linear.codes(bits: 8), mask).map { UInt8(bitPattern: $1 == 1 ? $0 : 0) }
  }
  let kept = zip(weights.linears, masks).map { linear, mask in
    zip(linear.codes(bits: 8), mask).filter { $1 == 1 }.map { UInt8(bitPattern: $0.0) }
  }
  let start = ownTime()
  let pairs = try weights.linears.indices.map { index in
    (
      mask: try CodedTensor(.mask, .bool, masks[index], rowLength: weights.linears[index].columns),
      values: try CodedTensor(.codes, .i8, kept[index], rowLength: nil)
    )
  }
  let encoding = ownTime() - start
  show(
    "int8, \(percent) % zeros", dense.reduce(0) { $0 + $1.count },
    size: pairs.reduce(0) { $0 + $1.mask.size + $1.values.size }, bound: bound(dense),
    zstd: try zstd(dense, workload), encoding: encoding,
    c: try scattering(pairs, .available), swift: try scattering(pairs, .baseline))
  let maskTime = try decoding(pairs.map(\.mask), .available)
  print(
    "    of which masks: \(decimal(Double(pairs.reduce(0) { $0 + $1.mask.size } * 8) / Double(dense.reduce(0) { $0 + $1.count }))) bits,"
      + " \(percentText(pairs.reduce(0) { $0 + $1.mask.size } * 8, bound(masks))), \(rate(dense.reduce(0) { $0 + $1.count }, maskTime))"
  )
}

private func floatRow(_ weights: CodingWorkload, _ type: ElementType) throws {
  let tensors = try weights.floats.map { tensor in
    (bytes: try tensor.cast(to: type).withBytes(Array.init), row: tensor.shape.lengths.last)
  }
  let start = ownTime()
  let coded = try tensors.map { try CodedTensor(.floats, type, $0.bytes, rowLength: $0.row) }
  let encoding = ownTime() - start
  let size = tensors.reduce(0) { $0 + $1.bytes.count }
  let one = try decoding(coded, .available)
  let work = try coded.flatMap { tensor in
    let decoder = try tensor.decoder()
    return tensor.chunks.indices.map { (tensor, decoder, $0) }
  }
  let two = (0..<5).map { _ in
    let start = now()
    try? Workers.forEach(work, threads: 2) { tensor, decoder, index in
      let count = decoder.layout.chunk(index).count * type.byteWidth!
      try withScratch(count) { output in
        try tensor.chunks[index].withUnsafeBytes {
          try decoder.decode($0, chunk: index, into: output)
        }
      }
    }
    return now() - start
  }.min()!
  func gigabytes(_ seconds: Double) -> String { decimal(Double(size) / seconds / 1e9) }
  print(
    "  \(padded(type.rawValue, 18)) \(ratioText(size, coded.reduce(0) { $0 + $1.size })) ×"
      + "   decode \(gigabytes(one)), \(gigabytes(two))   encode \(gigabytes(encoding))")
}

/// The fewest bits of codes, each tensor's by itself.
private func bound(_ tensors: [[UInt8]]) -> Double {
  tensors.reduce(0) { bits, codes in
    var counts = [Int](repeating: 0, count: 256)
    for code in codes { counts[Int(code)] += 1 }
    return bits + ShannonBound.bits(counts: counts)
  }
}

private func decoding(
  _ tensors: [CodedTensor], _ instructions: DecoderInstructions
) throws -> Double {
  var output = [UInt8](repeating: 0, count: 8 * StreamLayout.largestChunk)
  return try output.withUnsafeMutableBytes { output in
    try fastest { for tensor in tensors { try tensor.decode(instructions, into: output) } }
  }
}

/// The time in which masks and values become codes with zeros between them.
private func scattering(
  _ pairs: [(mask: CodedTensor, values: CodedTensor)], _ instructions: DecoderInstructions
) throws -> Double {
  let room = pairs.map(\.mask.elementCount).max()!
  var mask = [UInt8](repeating: 0, count: room)
  var values = [UInt8](repeating: 0, count: room + 1)
  var dense = [UInt8](repeating: 0, count: room)
  return try fastest {
    for pair in pairs {
      try mask.withUnsafeMutableBytes { try decodeWhole(pair.mask, instructions, into: $0) }
      try values.withUnsafeMutableBytes { try decodeWhole(pair.values, instructions, into: $0) }
      scatter(values, where: mask, pair.mask.elementCount, into: &dense)
    }
  }
}

private func decodeWhole(
  _ tensor: CodedTensor, _ instructions: DecoderInstructions,
  into output: UnsafeMutableRawBufferPointer
) throws {
  let decoder = try tensor.decoder(instructions)
  for index in tensor.chunks.indices {
    let range = decoder.layout.chunk(index)
    try tensor.chunks[index].withUnsafeBytes {
      try decoder.decode(
        $0, chunk: index, into: UnsafeMutableRawBufferPointer(rebasing: output[range]))
    }
  }
}

/// Without branches, which a mask would mispredict: each element looks at the next value.
private func scatter(
  _ values: [UInt8], where mask: [UInt8], _ count: Int, into dense: inout [UInt8]
) {
  values.withUnsafeBufferPointer { values in
    mask.withUnsafeBufferPointer { mask in
      dense.withUnsafeMutableBufferPointer { dense in
        var next = 0
        for index in 0..<count {
          dense[index] = values[next] & (0 &- mask[index])
          next &+= Int(mask[index])
        }
      }
    }
  }
}

private func fastest(_ body: () throws -> Void) throws -> Double {
  try (0..<5).map { _ in
    let start = ownTime()
    try body()
    return ownTime() - start
  }.min()!
}

/// Two codes a byte, as zstd gets them.
private func nibbles(_ codes: [UInt8]) -> [UInt8] {
  stride(from: 0, to: codes.count - 1, by: 2).map { codes[$0] & 15 | codes[$0 + 1] << 4 }
}

/// The bytes that zstd makes of tensors, each by itself; nil where there is no zstd.
private func zstd(_ tensors: [[UInt8]], _ workload: Workload) throws -> Int? {
  let (plain, coded) = (workload.path("codes"), workload.path("codes.zst"))
  var size = 0
  for tensor in tensors {
    let file = open(plain, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = tensor.withUnsafeBytes { write(file, $0.baseAddress!, $0.count) }
    close(file)
    guard (try? run(["zstd", "-q", "-19", "-f", plain, "-o", coded])) != nil else { return nil }
    var status = stat()
    stat(coded, &status)
    size += Int(status.st_size)
  }
  return size
}

private func show(
  _ name: String, _ count: Int, size: Int, bound: Double, zstd: Int?, encoding: Double, c: Double,
  swift: Double
) {
  print(
    "  \(padded(name, 18)) \(decimal(Double(size * 8) / Double(count))) bits, \(percentText(size * 8, bound))"
      + "   zstd -19 \(zstd.map { percentText($0 * 8, bound) } ?? "not there")"
      + "   encode \(rate(count, encoding))   decode \(rate(count, c)), in Swift \(rate(count, swift))"
  )
}

private func rate(_ count: Int, _ seconds: Double) -> String {
  decimal(Double(count) / seconds / 1e6, 1)
}

private func ratioText(_ whole: Int, _ part: Int) -> String {
  let thousandths = (whole * 1000 + part / 2) / part
  let fraction = String(thousandths % 1000)
  return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
}

private func percentText(_ bits: Int, _ bound: Double) -> String {
  let difference = (Double(bits) / bound - 1) * 100
  return (difference < 0 ? "-" : "+") + decimal(abs(difference)) + " %"
}

/// The time that this thread has run: others that share the processor do not count.
private func ownTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
