/// Singles at an address that stays, for kernels to read: a bias, the gain of a norm.
final class FloatVector: @unchecked Sendable {
  let base: UnsafePointer<Float>
  let count: Int

  init(_ values: [Float]) {
    let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, values.count))
    memory.initialize(repeating: 0, count: max(1, values.count))
    memory.update(from: values, count: values.count)
    base = UnsafePointer(memory)
    count = values.count
  }

  deinit { base.deallocate() }
}
