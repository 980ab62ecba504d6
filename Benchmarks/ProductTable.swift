import COpenBLAS
import Glibc
import Kernels
import Tensors

/// The kernels of the forward pass, one thread, against OpenBLAS or against our own dense product: best of
/// several runs in turn, so that a machine that drifts slows all alike, by the thread's own time.
func productTable(_ workload: Workload) throws {
  var message: UnsafePointer<CChar>?
  guard pare_openblas_open(&message) == PARE_OPENBLAS_OPEN else {
    throw BenchmarkFailure(description: "products: \(String(cString: message!))")
  }
  try denseTable()
  try sparseTable()
  try int8Table()
  attentionTable()
  elementwiseTable()
}

private func denseTable() throws {
  print("\nproducts: dense, GFLOP/s (F32 and F16 ours; OpenBLAS sgemm, which packs at every call)")
  for (rows, columns) in [(384, 384), (1536, 384), (384, 1536), (768, 768), (3072, 768)] {
    let matrix = Matrix(rows, columns)
    let wide = try matrix.dense()
    let half = try matrix.dense(halved: true)
    for tokens in [8, 16, 25, 32, 128, 800] {
      let (x, y) = (Buffer(columns, tokens), Buffer(rows, tokens))
      let bias = [Float](repeating: 0.5, count: rows)
      var plain = [Float](repeating: 0, count: tokens * rows)
      let input = [Float](repeating: 0.25, count: tokens * columns)
      let times = fastest(of: [
        { multiply(wide, x, y, bias) },
        { multiply(half, x, y, bias) },
        {
          pare_sgemm(
            0, 1, Int32(tokens), Int32(rows), Int32(columns), 1, input, Int32(columns),
            matrix.values, Int32(columns), 0, &plain, Int32(rows))
        },
      ])
      let rates = times.map { decimal(2e-9 * Double(rows * columns * tokens) / $0, 1) }
      print(
        "  [\(rows), \(columns)] × \(tokens)   F32 \(rates[0])   F16 \(rates[1])   OpenBLAS \(rates[2])"
          + "   \(decimal(times[2] / times[0])) ×")
    }
  }
}

private func sparseTable() throws {
  print("\nproducts: sparse, 128 tokens, × as fast as ours dense")
  for (rows, columns) in [(384, 384), (1536, 384), (384, 1536), (768, 768), (3072, 768)] {
    let (x, y) = (Buffer(columns, 128), Buffer(rows, 128))
    let dense = try Matrix(rows, columns).dense()
    var line = "  [\(rows), \(columns)]"
    for percent in [50, 60, 70, 80, 90, 95] {
      let scattered = Matrix(rows, columns, zeros: percent, blockRows: 1)
      let clustered = Matrix(rows, columns, zeros: percent, blockRows: 4)
      let sparse = try scattered.values.withUnsafeBufferPointer {
        try SparseRows(rows: rows, columns: columns, floats: $0)
      }
      let blocks = try clustered.values.withUnsafeBufferPointer {
        try SparseBlocks(rows: rows, columns: columns, floats: $0)
      }
      let times = fastest(of: [
        { multiply(dense, x, y, nil) },
        {
          try! sparse.multiply(
            x.view, tokens: 128, into: y.view, rowBlocks: 0..<sparse.rowBlocks, bias: nil,
            adding: false)
        },
        {
          try! blocks.multiply(
            x.view, tokens: 128, into: y.view, rowBlocks: 0..<blocks.rowBlocks, bias: nil,
            adding: false)
        },
      ])
      line +=
        "   \(percent) %: rows \(decimal(times[0] / times[1])), 4×1 \(decimal(times[0] / times[2]))"
    }
    print(line)
  }
}

private func int8Table() throws {
  print(
    "\nproducts: int8, × as fast as ours dense (F32); quantizing the activations, per cent of it")
  for (rows, columns) in [(384, 384), (1536, 384), (384, 1536), (768, 768), (3072, 768)] {
    let matrix = Matrix(rows, columns)
    let dense = try matrix.dense()
    let weights = try matrix.values.withUnsafeBufferPointer {
      try Int8Weights(rows: rows, columns: columns, floats: $0)
    }
    var line = "  [\(rows), \(columns)]"
    for tokens in [16, 32, 128] {
      let (x, y) = (Buffer(columns, tokens), Buffer(rows, tokens))
      let panels = Activations.panels(tokens: tokens)
      let size = QuantizedActivations.byteCount(features: columns, panels: panels)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
      defer { memory.deallocate() }
      let quantized = QuantizedActivations(buffer: memory, features: columns, panels: panels)
      let times = fastest(of: [
        { multiply(dense, x, y, nil) },
        {
          weights.multiply(
            quantized, tokens: tokens, into: y.view, rowBlocks: 0..<weights.rowBlocks, bias: nil,
            adding: false)
        },
        { quantized.quantize(x.view, tokens: tokens, panels: 0..<panels) },
      ])
      line +=
        "   \(tokens) tokens: \(decimal(times[0] / times[1])) ×, \(decimal(100 * times[2] / times[1], 1)) %"
    }
    print(line)
  }
}

private func attentionTable() {
  print("\nproducts: attention of one sequence, all heads")
  for (heads, width) in [(12, 32), (12, 64)] {
    for tokens in [25, 128, 512] {
      let (states, context) = (Buffer(3 * heads * width, tokens), Buffer(heads * width, tokens))
      let scratch = Buffer(tokens + width, 16)
      let time = fastest(of: [
        {
          for head in 0..<heads {
            let queries = states.view.dropping(features: head * width)
            Attention.run(
              queries: queries, queryTokens: 0..<tokens,
              keys: queries.dropping(features: heads * width),
              values: queries.dropping(features: 2 * heads * width), keyTokens: 0..<tokens,
              headWidth: width, scale: 0.125,
              context: context.view.dropping(features: head * width),
              scratch: scratch.view.base)
          }
        }
      ])[0]
      let work = 4e-9 * Double(heads * width * tokens * tokens)
      print(
        "  \(heads) heads of \(width), \(tokens) tokens   \(decimal(time * 1e6, 1)) µs   \(decimal(work / time, 1)) GFLOP/s"
      )
    }
  }
}

private func elementwiseTable() {
  print("\nproducts: elementwise on 128 tokens, GB/s read and written")
  let wide = Buffer(1536, 128)
  for function in ActivationFunction.allCases {
    let time = fastest(of: [{ function.apply(wide.view, features: 0..<1536, panels: 0..<8) }])[0]
    print("  \(function.rawValue)   \(decimal(8e-9 * 1536 * 128 / time, 1))")
  }
  let (x, residual) = (Buffer(384, 128), Buffer(384, 128))
  let ones = [Float](repeating: 1, count: 384)
  let time = fastest(of: [
    {
      LayerNorm.run(
        x.view, adding: residual.view, gain: ones, bias: ones, epsilon: 1e-12, features: 384,
        panels: 0..<8)
    }
  ])[0]
  print("  layer norm of 384 features with a residual   \(decimal(12e-9 * 384 * 128 / time, 1))")
}

/// A product as the encoder asks for it: at most 128 tokens at a time.
private func multiply(_ weights: DenseWeights, _ x: Buffer, _ y: Buffer, _ bias: [Float]?) {
  for panel in stride(from: 0, to: x.panels, by: 8) {
    let tokens = min(128, x.tokens - panel * Activations.panelWidth)
    let (input, output) = (x.view.dropping(panels: panel), y.view.dropping(panels: panel))
    let blocks = 0..<weights.rowBlocks
    if let bias {
      try! weights.multiply(
        input, tokens: tokens, into: output, rowBlocks: blocks, bias: bias, adding: false)
    } else {
      try! weights.multiply(
        input, tokens: tokens, into: output, rowBlocks: blocks, bias: nil, adding: false)
    }
  }
}

/// The least time of each of several bodies, run in turn; each run repeats the body for a few milliseconds.
private func fastest(of bodies: [() -> Void]) -> [Double] {
  let counts = bodies.map { body -> Int in
    body()
    let start = ownTime()
    body()
    return max(1, Int(0.003 / max(ownTime() - start, 1e-7)))
  }
  var best = [Double](repeating: .infinity, count: bodies.count)
  for _ in 0..<15 {
    for (index, body) in bodies.enumerated() {
      let start = ownTime()
      for _ in 0..<counts[index] { body() }
      best[index] = min(best[index], (ownTime() - start) / Double(counts[index]))
    }
  }
  return best
}

/// The time that this thread has run: others that share the processor do not count.
private func ownTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Pseudo-random floats of about a weight's size, some per cent of them zeros, in blocks of rows.
private struct Matrix {
  let rows: Int
  let columns: Int
  var values: [Float]

  init(_ rows: Int, _ columns: Int, zeros: Int = 0, blockRows: Int = 1) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: 0, count: rows * columns)
    var state: UInt64 = 1
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for row in stride(from: 0, to: rows, by: blockRows) {
      for column in 0..<columns where next() % 100 >= UInt64(zeros) {
        for member in row..<min(row + blockRows, rows) {
          values[member * columns + column] = Float(next() % 2047) / 20000 - 0.05
        }
      }
    }
  }

  func dense(halved: Bool = false) throws -> DenseWeights {
    if halved {
      let halves = values.map { Float16($0) }
      let bytes = halves.withUnsafeBytes { [UInt8]($0) }
      return try DenseWeights(Tensor(.f16, [rows, columns], source: MemorySource(bytes)))
    }
    return try values.withUnsafeBufferPointer {
      try DenseWeights(rows: rows, columns: columns, floats: $0)
    }
  }
}

/// Activations in memory of their own.
private final class Buffer {
  let view: Activations
  let tokens: Int
  var panels: Int { Activations.panels(tokens: tokens) }
  private let memory: UnsafeMutableRawBufferPointer

  init(_ features: Int, _ tokens: Int) {
    self.tokens = tokens
    let stride = features * Activations.panelWidth
    let count = stride * Activations.panels(tokens: tokens)
    memory = .allocate(byteCount: count * 4, alignment: 64)
    let floats = memory.bindMemory(to: Float.self)
    for index in 0..<count { floats[index] = Float(index % 401) / 200 - 1 }
    view = Activations(base: floats.baseAddress!, panelStride: stride)
  }

  deinit { memory.deallocate() }
}
