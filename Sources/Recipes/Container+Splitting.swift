import Checkpoints

extension Container {
  /// The least size of files into which the tensors go in order, so that there are at most so many.
  ///
  /// - Returns: in bytes of tensors; a tensor that is larger has a file of its own.
  func shardSize(filesAtMost count: Int) -> Int {
    let sizes = tensors.map { $0.blocks == nil ? $0.tensor.byteCount : $0.byteCount }
    func files(_ limit: Int) -> Int {
      var (files, filled) = (1, 0)
      for size in sizes {
        if filled > 0, size > limit - min(filled, limit) { (files, filled) = (files + 1, 0) }
        filled += size
      }
      return files
    }
    var (low, high) = (1, max(1, sizes.reduce(0, +)))
    while low < high {
      let middle = low + (high - low) / 2
      if files(middle) <= count { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
