import Tensors

/// One row of a mask's blocks: which are kept, and where their elements stand in the rows of the matrix that they cover.
///
/// The elements of kept blocks follow one another, block after block, each row-major.
struct MaskBlocks {
  /// One byte for each block, 0 where it is not kept.
  let kept: UnsafeRawBufferPointer
  let height: Int
  let width: Int

  /// The elements of kept blocks.
  var count: Int {
    var count = 0
    for byte in kept { count &+= byte != 0 ? 1 : 0 }
    return count * height * width
  }

  /// Writes the elements to their places in rows as wide as all blocks, and an element that stands for none elsewhere.
  ///
  /// - Precondition: there are ``count`` elements, and memory for one more, which is read without a branch and not used.
  @inline(__always)
  func scatter<Element>(
    _ elements: UnsafePointer<Element>, elsewhere nothing: Element,
    into target: UnsafeMutablePointer<Element>
  ) {
    let columns = kept.count * width
    var next = 0
    if height == 1, width == 1 {
      for column in 0..<columns {
        let (isKept, element) = (kept[column] != 0, elements[next])
        target[column] = isKept ? element : nothing
        next &+= isKept ? 1 : 0
      }
      return
    }
    for block in 0..<kept.count {
      let isKept = kept[block] != 0
      for row in 0..<height {
        for column in (block &* width)..<((block &+ 1) &* width) {
          let element = elements[next]
          target[row &* columns &+ column] = isKept ? element : nothing
          next &+= isKept ? 1 : 0
        }
      }
    }
  }

  /// Writes nothing where blocks are not kept.
  func clear(_ target: UnsafeMutablePointer<Float>) {
    let columns = kept.count * width
    if width == 1 {
      for row in 0..<height {
        for column in 0..<columns {
          let value = target[row &* columns &+ column]
          target[row &* columns &+ column] = kept[column] != 0 ? value : 0
        }
      }
      return
    }
    for block in 0..<kept.count where kept[block] == 0 {
      for row in 0..<height {
        (target + (row * columns + block * width)).update(repeating: 0, count: width)
      }
    }
  }

  /// Takes the elements of kept blocks out of rows, each so many bytes, and returns how many bytes they are.
  func gather(
    _ rows: UnsafeRawPointer, elementWidth: Int, into target: UnsafeMutableRawPointer
  ) -> Int {
    let size = width * elementWidth
    let rowSize = kept.count * size
    var next = 0
    for block in 0..<kept.count where kept[block] != 0 {
      for row in 0..<height {
        (target + next).copyMemory(from: rows + (row * rowSize + block * size), byteCount: size)
        next += size
      }
    }
    return next
  }
}
