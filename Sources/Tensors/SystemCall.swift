import Glibc

/// A system call that failed.
package struct SystemError: Error, CustomStringConvertible, Equatable {
  package let call: String
  package let code: Int32

  package var description: String { String(cString: strerror(code)) }
}

/// Runs a system call that returns -1 on failure, again when a signal interrupted it.
@discardableResult
package func checked<Number: SignedInteger>(
  _ call: String, _ body: () -> Number
) throws(SystemError) -> Number {
  while true {
    let result = body()
    if result != -1 { return result }
    if errno != EINTR { throw SystemError(call: call, code: errno) }
  }
}
