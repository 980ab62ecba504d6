import Foundation

/// Where things lie around the package.
public enum Places {
  /// The package's root.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  public static func sample(_ name: String) -> String { "\(root)/samples/\(name)" }

  /// Files beside the package that are not part of it; nil where they are absent.
  public static func shared(_ name: String) -> String? {
    let path = "\(root)/../shared/\(name)"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// The folder of the products that were built with the tests.
  public static let products = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent().path
}

/// A folder that is gone when the test is done.
public final class TemporaryFolder: @unchecked Sendable {
  public let path: String

  public init() throws {
    path = NSTemporaryDirectory() + "/pare-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it, created if bytes are given.
  public func file(_ name: String, _ bytes: [UInt8]? = nil) throws -> String {
    let file = "\(path)/\(name)"
    if let bytes {
      let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(fileURLWithPath: file))
    }
    return file
  }

  /// The names in it, hidden ones included, sorted.
  public func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)").sorted()
  }
}

/// The bytes of a file.
public func bytes(of path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}
