/// Points in few dimensions, put into clusters about means: k-means (Lloyd, 1982).
///
/// Means begin at points, each taken with a probability in proportion to its squared distance from those before (Arthur and Vassilvitskii,
/// "k-means++", 2007), which evenly spread fractions decide instead of chance. A mean to which no point is nearest moves to
/// the point that is furthest from its own.
struct VectorClusters {
  private let points: [Float]
  private let width: Int
  private let count: Int

  /// - Parameter points: `[points, width]`
  init(points: [Float], width: Int) {
    self.points = points
    self.width = width
    count = points.count / width
  }

  private static let mostSteps = 25
  /// Of the error, below which a step is the last.
  private static let leastGain = 1e-4

  /// `[size, width]`
  ///
  /// - Precondition: there are at least as many points.
  func means(_ size: Int) -> [Float] {
    var means = firstMeans(size)
    var before = Double.infinity
    for _ in 0..<Self.mostSteps {
      let error = move(&means, size)
      if error >= before * (1 - Self.leastGain) { break }
      before = error
    }
    return means
  }

  private func firstMeans(_ size: Int) -> [Float] {
    var means: [Float] = []
    var distances = [Float](repeating: .infinity, count: count)
    var next = 0
    for index in 0..<size {
      let mean = Array(points[(next * width)..<((next + 1) * width)])
      means += mean
      let total = shorten(&distances, to: mean)
      // Fractions of the golden ratio's multiples fill the unit interval evenly.
      let fraction = (Double(index + 1) * 0.618_033_988_749_894_9).truncatingRemainder(
        dividingBy: 1)
      var left = fraction * total
      next = total > 0 ? distances.lastIndex { $0 > 0 }! : (index + 1) * count / size % count
      for (point, distance) in distances.enumerated() where distance > 0 {
        left -= Double(distance)
        if left < 0 {
          next = point
          break
        }
      }
    }
    return means
  }

  /// Lowers each point's squared distance to that from a mean, where it is nearer, and returns their sum.
  private func shorten(_ distances: inout [Float], to mean: [Float]) -> Double {
    var total = 0.0
    points.withUnsafeBufferPointer { points in
      mean.withUnsafeBufferPointer { mean in
        withConstant(width) { width in
          for index in 0..<count {
            var square: Float = 0
            for member in 0..<width {
              let difference = points[index &* width &+ member] - mean[member]
              square += difference * difference
            }
            if square < distances[index] { distances[index] = square }
            total += Double(distances[index])
          }
        }
      }
    }
    return total
  }

  /// Moves means to the middle of the points nearest to them, and returns the error before that.
  private func move(_ means: inout [Float], _ size: Int) -> Double {
    let nearest = means.withUnsafeBufferPointer { NearestVector($0, width: width) }
    var sums = [Double](repeating: 0, count: size * width)
    var members = [Int](repeating: 0, count: size)
    var distances = [Float](repeating: 0, count: count)
    var error = 0.0
    points.withUnsafeBufferPointer { points in
      for index in 0..<count {
        let point = points.baseAddress! + index &* width
        let (cluster, distance) = nearest.find(point)
        distances[index] = distance
        error += Double(distance)
        members[cluster] += 1
        for member in 0..<width { sums[cluster &* width &+ member] += Double(point[member]) }
      }
    }
    for cluster in 0..<size {
      if members[cluster] > 0 {
        for place in (cluster * width)..<((cluster + 1) * width) {
          means[place] = Float(sums[place] / Double(members[cluster]))
        }
      } else {
        let furthest = distances.indices.max { distances[$0] < distances[$1] }!
        distances[furthest] = 0
        for member in 0..<width {
          means[cluster * width + member] = points[furthest * width + member]
        }
      }
    }
    return error
  }
}

/// Vectors of a table laid out so that eight are compared with a point at a time.
struct NearestVector {
  private let width: Int
  private let blocks: Int
  /// `[blocks][1 + width]`: half the squared length of eight vectors, then their coordinates.
  private let table: [SIMD8<Float>]

  /// - Parameter vectors: `[vectors, width]`
  init(_ vectors: UnsafeBufferPointer<Float>, width: Int) {
    self.width = width
    let count = vectors.count / width
    blocks = count.groups(of: 8)
    var table: [SIMD8<Float>] = []
    table.reserveCapacity(blocks * (1 + width))
    for block in 0..<blocks {
      var half = SIMD8<Float>(repeating: .infinity)
      var coordinates = [SIMD8<Float>](repeating: .zero, count: width)
      for lane in 0..<min(8, count - block * 8) {
        let start = (block * 8 + lane) * width
        half[lane] = 0
        for member in 0..<width {
          let value = vectors[start + member]
          half[lane] += value * value / 2
          coordinates[member][lane] = value
        }
      }
      table.append(half)
      table += coordinates
    }
    self.table = table
  }

  /// The first of the vectors nearest to a point, and its squared distance.
  @inline(__always)
  func find(_ point: UnsafePointer<Float>) -> (index: Int, distance: Float) {
    var best = SIMD8<Float>(repeating: .infinity)
    var bestBlock = SIMD8<Int32>.zero
    table.withUnsafeBufferPointer { table in
      withConstant(width) { width in
        var next = 0
        for block in 0..<blocks {
          var score = table[next]
          for member in 0..<width { score -= point[member] * table[next &+ 1 &+ member] }
          next &+= 1 &+ width
          let isLess = score .< best
          best.replace(with: score, where: isLess)
          bestBlock.replace(
            with: SIMD8<Int32>(repeating: Int32(truncatingIfNeeded: block)), where: isLess)
        }
      }
    }
    let least = best.min()
    var index = Int.max
    for lane in 0..<8 where best[lane] == least {
      index = min(index, Int(bestBlock[lane]) &* 8 &+ lane)
    }
    var square: Float = 0
    for member in 0..<width { square += point[member] * point[member] }
    return (index, max(0, square + 2 * least))
  }
}

/// Calls a loop with a width that the compiler knows where it is one of the usual ones, so that it unrolls it.
@inline(__always)
private func withConstant(_ width: Int, _ loop: (Int) -> Void) {
  switch width {
  case 1: loop(1)
  case 2: loop(2)
  case 4: loop(4)
  case 8: loop(8)
  default: loop(width)
  }
}
