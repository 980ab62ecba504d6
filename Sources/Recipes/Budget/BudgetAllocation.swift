/// Which of several ways to hold each tensor loses least in all, within a budget of bytes, or of time.
///
/// Between the points of each tensor's lower convex hull every byte buys less than the one before, so that taking the best buy of all tensors next
/// is the least loss at each size that is reached (Shoham and Gersho, "Efficient bit allocation for an arbitrary set of quantizers", 1988). What
/// is left over in the end goes to whichever points still fit.
struct BudgetAllocation {
  /// What a way to hold a tensor takes of the budget, and what it loses.
  struct Point: Sendable, Equatable {
    var cost: Int
    var loss: Double
  }

  private let tensors: [[Point]]
  private let hulls: [[Int]]

  /// - Parameter tensors: for each of them the ways to hold it, at least one.
  init(_ tensors: [[Point]]) {
    self.tensors = tensors
    hulls = tensors.map(Self.lowerHull)
  }

  /// The least that all tensors can cost together.
  var leastCost: Int {
    zip(tensors, hulls).reduce(0) { $0 + $1.0[$1.1[0]].cost }
  }

  /// The indices of the points between which no mix of others is better, from the least cost to the least loss.
  static func lowerHull(_ points: [Point]) -> [Int] {
    let order = points.indices.sorted {
      (points[$0].cost, points[$0].loss, $0) < (points[$1].cost, points[$1].loss, $1)
    }
    var hull: [Int] = []
    for index in order {
      let point = points[index]
      if let last = hull.last, point.loss >= points[last].loss { continue }
      while hull.count > 1, let last = hull.last,
        slope(points[hull[hull.count - 2]], points[last])
          >= slope(points[last], point)
      {
        hull.removeLast()
      }
      hull.append(index)
    }
    return hull
  }

  /// How the loss changes for a unit of cost.
  private static func slope(_ first: Point, _ second: Point) -> Double {
    (second.loss - first.loss) / Double(max(1, second.cost - first.cost))
  }

  /// The index of the point of each tensor; nil where not even the cheapest fit.
  func choice(within budget: Int) -> [Int]? {
    var room = budget - leastCost
    guard room >= 0 else { return nil }
    var places = [Int](repeating: 0, count: tensors.count)
    for (tensor, place) in purchases {
      // What is behind a point that did not fit is not to be had.
      guard places[tensor] == place - 1 else { continue }
      let price =
        tensors[tensor][hulls[tensor][place]].cost
        - tensors[tensor][hulls[tensor][place - 1]].cost
      guard price <= room else { continue }
      room -= price
      places[tensor] = place
    }
    return filled(zip(hulls, places).map { $0[$1] }, room: room)
  }

  /// The steps along all hulls, the best buy first.
  private var purchases: [(tensor: Int, place: Int)] {
    let steps = hulls.enumerated().flatMap { tensor, hull in
      hull.indices.dropFirst().map { place in
        (
          tensor: tensor, place: place,
          slope: Self.slope(tensors[tensor][hull[place - 1]], tensors[tensor][hull[place]])
        )
      }
    }
    return steps.sorted { ($0.slope, $0.tensor, $0.place) < ($1.slope, $1.tensor, $1.place) }
      .map { ($0.tensor, $0.place) }
  }

  /// Takes, as long as there is any, the point that lowers the loss most of those that fit.
  private func filled(_ choice: [Int], room: Int) -> [Int] {
    var (choice, room) = (choice, room)
    while true {
      var best: (tensor: Int, index: Int, gain: Double)?
      for (tensor, points) in tensors.enumerated() {
        let now = points[choice[tensor]]
        for (index, point) in points.enumerated()
        where point.cost - now.cost <= room && now.loss - point.loss > best?.gain ?? 0 {
          best = (tensor, index, now.loss - point.loss)
        }
      }
      guard let best else { return choice }
      room -=
        tensors[best.tensor][best.index].cost - tensors[best.tensor][choice[best.tensor]].cost
      choice[best.tensor] = best.index
    }
  }
}
