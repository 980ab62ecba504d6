import Glibc
import Kernels
import Tensors

/// Kernels in C against the plain Swift loop that would stand in their place: twice as fast is what
/// they must be to be there.
func kernelTable(_ workload: Workload) throws {
  print("\nkernels: time for 4,194,304 elements, best of 9")
  let count = 1 << 22
  let values = (0..<count).map { Float($0 % 2039) / 1021 - 1 }
  let halves = values.map { Float16($0).bitPattern }
  var narrow = [UInt16](repeating: 0, count: count)
  var wide = [Float](repeating: 0, count: count)
  let rows: [(String, Double, Double)] = [
    (
      "F32 → F16",
      fastest {
        _ = values.withUnsafeBytes { input in
          narrow.withUnsafeMutableBytes { Cast.convert(input, .f32, to: $0, .f16) }
        }
      },
      fastest { for index in 0..<count { narrow[index] = Float16(values[index]).bitPattern } }
    ),
    (
      "F16 → F32",
      fastest {
        _ = halves.withUnsafeBytes { input in
          wide.withUnsafeMutableBytes { Cast.convert(input, .f16, to: $0, .f32) }
        }
      },
      fastest { for index in 0..<count { wide[index] = Float(Float16(bitPattern: halves[index])) } }
    ),
  ]
  for (name, kernel, plain) in rows {
    print(
      "  \(name)   C \(milliseconds(kernel))   Swift \(milliseconds(plain))   \(decimal(plain / kernel)) ×"
    )
  }
}

private func fastest(_ body: () -> Void) -> Double {
  (0..<9).map { _ in
    let start = now()
    body()
    return now() - start
  }.min()!
}
