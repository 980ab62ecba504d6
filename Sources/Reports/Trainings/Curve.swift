/// Numbers over steps, few enough to be drawn: means of equally many that follow one another.
struct Curve {
  /// Of each mean the step in its middle.
  let points: [(step: Double, value: Double)]
  /// How many numbers each is the mean of.
  let binSize: Int

  /// More than this cannot be told apart in a plot.
  static let limit = 400

  init(_ numbers: [(step: Int, value: Double)]) {
    let size = max(1, (numbers.count + Self.limit - 1) / Self.limit)
    binSize = size
    points = stride(from: 0, to: numbers.count, by: size).map { start in
      let bin = numbers[start..<min(start + size, numbers.count)]
      return (mean(bin.map { Double($0.step) }), mean(bin.map(\.value)))
    }
  }

  private init(points: [(step: Double, value: Double)], binSize: Int) {
    self.points = points
    self.binSize = binSize
  }

  /// The running mean over a twentieth of the curve, which shows where it goes.
  var smoothed: Curve {
    let reach = points.count / 40
    let means = points.indices.map { index in
      let near = points[max(0, index - reach)...min(points.count - 1, index + reach)]
      return (points[index].step, mean(near.map(\.value)))
    }
    return Curve(points: means, binSize: binSize)
  }

  var values: [Double] { points.map(\.value) }
}
