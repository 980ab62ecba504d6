import Checkpoints
import Formats
import Glibc
import Tensors

/// Bytes that libFuzzer has made, read as the file of a format: an answer or a ``Failure`` is all that may come of them.
///
/// `PARE_FUZZ_NAME` is the name of the file, by whose ending formats are told that have no mark of their own: `x.pt`, `x.npz`,
/// `x.gguf`. The file lies in memory (`/dev/shm`).
private enum Target {
  static let path: String = {
    let name = getenv("PARE_FUZZ_NAME").map { String(cString: $0) } ?? "x.bin"
    let folder = "/dev/shm/pare-fuzz-\(getpid())"
    mkdir(folder, 0o700)
    return "\(folder)/\(name)"
  }()

  static func put(_ bytes: UnsafeRawBufferPointer) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let count = write(file, start, rest.count)
      guard count > 0 else { fatalError("cannot write \(path)") }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func readAnyBytes(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  Target.put(UnsafeRawBufferPointer(start: bytes, count: count))
  do {
    let container = try FormatList.recognize(Target.path).read(
      Target.path, options: ReadOptions())
    for tensor in container.tensors where tensor.tensor.byteCount < 1 << 24 {
      _ = try tensor.tensor.withBytes { $0.count }
    }
  } catch {
    guard error is Failure else { fatalError("not a failure: \(error)") }
  }
  return 0
}
