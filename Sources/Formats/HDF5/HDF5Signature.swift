import Tensors

/// The bytes that an HDF5 file begins with, after a user block of 0, 512, 1024, 2048 … bytes.
enum HDF5Signature {
  static let bytes: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

  static func stands(in prefix: [UInt8]) -> Bool {
    places(upTo: prefix.count).contains { prefix[$0...].starts(with: bytes) }
  }

  /// - Throws: ``Failure`` if the file has no signature.
  static func check(_ file: InputFile) throws {
    for place in places(upTo: file.byteCount)
    where try file.bytes(place..<(place + bytes.count)) == bytes { return }
    throw Failure(HDF5Reason.noSignature, at: Place(file: file.path))
  }

  private static func places(upTo count: Int) -> [Int] {
    var places: [Int] = []
    var place = 0
    while place <= count - bytes.count {
      places.append(place)
      place = place == 0 ? 512 : place * 2
    }
    return places
  }
}
