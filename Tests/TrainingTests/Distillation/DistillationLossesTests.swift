import Tensors
import Testing

@testable import Training

/// Which layers are held against which, and losses as they are written.
@Suite struct DistillationLossesTests {
  @Test(arguments: [
    // TinyBERT's four of twelve, and the eight of twelve that ROSITA's code keeps.
    ("uniform", 4, 12, [2, 5, 8, 11]), ("rosita", 4, 12, [2, 5, 8, 11]),
    ("rosita", 8, 12, [0, 2, 3, 5, 6, 8, 9, 11]), ("uniform", 8, 12, [1, 2, 4, 5, 7, 8, 10, 11]),
    ("last", 3, 12, [9, 10, 11]), ("uniform", 1, 6, [5]), ("uniform", 6, 6, [0, 1, 2, 3, 4, 5]),
    ("rosita", 6, 6, [0, 1, 2, 3, 4, 5]), ("last", 6, 6, [0, 1, 2, 3, 4, 5]),
    ("uniform", 4, 2, [0, 0, 1, 1]), ("uniform", 5, 1, [0, 0, 0, 0, 0]),
  ])
  func pairsEveryLayer(_ text: String, _ student: Int, _ teacher: Int, _ layers: [Int]) throws {
    let pairs = try LayerMap(text).pairs(student: student, teacher: teacher)
    #expect(pairs.map(\.student) == Array(0..<student))
    #expect(pairs.map(\.teacher) == layers)
  }

  @Test func pairsAsTheyAreGiven() throws {
    let map = try LayerMap("0:1,2:3,0:5")
    let pairs = [LayerPair(0, 1), LayerPair(2, 3), LayerPair(0, 5)]
    #expect(try map.pairs(student: 3, teacher: 6) == pairs)
    #expect(map.description == "0:1,2:3,0:5")
    expect("there is no layer 2 of the student, which has the layers 0…1") {
      try map.pairs(student: 2, teacher: 6)
    }
    expect("there is no layer 5 of the teacher, which has the layers 0…4") {
      try map.pairs(student: 3, teacher: 5)
    }
    expect("layers=last is for students of no more layers than the teacher's 2") {
      try LayerMap.last.pairs(student: 3, teacher: 2)
    }
  }

  @Test(arguments: [
    "", ":", "0:", "0:1,", "0", "0:1:2", "-1:0", "0:1 ,1:2", "1e1:2", "999999999999:1",
  ])
  func refusesOtherMaps(_ text: String) {
    expect("layers should be uniform, last, rosita or pairs") { try LayerMap(text) }
  }

  @Test(arguments: [
    ("hidden=1", "hidden=1 layers=uniform"),
    (
      "attention=0.5 hidden=1 layers=0:1,1:3",
      "hidden=1 attention=0.5 layers=0:1,1:3 attention-of=scores"
    ),
    ("embeddings=2 temperature=3", "embeddings=2"),
    (
      "kl=1 temperature=2 attention=1 attention-of=probabilities",
      "kl=1 attention=1 temperature=2 layers=uniform attention-of=probabilities"
    ),
    ("hidden=1 teacher-layer=6 layers=last", "hidden=1 layers=last teacher-layer=6"),
  ])
  func readsAndTells(_ text: String, _ told: String) throws {
    let losses = try DistillationLosses(text)
    #expect(losses.description == told)
    #expect(try DistillationLosses(told).description == told)
  }

  @Test(arguments: [
    (
      "attention=1 attention-of=heads",
      "attention-of should be one of scores, probabilities, but is 'heads'"
    ),
    ("hidden=1 teacher-layer=1.5", "teacher-layer should be"),
    ("hidden=1 layers=none", "layers should be uniform, last, rosita"),
    ("layers=last", "no loss counts anything"), ("hidden=0", "no loss counts anything"),
    ("hiden=1", "a loss KEY=WEIGHT is expected, but 'hiden=1' is found"),
    ("hidden=-1", "hidden should be a number from 0"),
  ])
  func refuses(_ text: String, _ message: String) {
    expect(message) { try DistillationLosses(text) }
  }

  /// The seventh of twelve, as published.
  @Test func theMiddleLayerIsThePublishedOne() {
    let layers = [12: 6, 24: 13, 6: 3, 4: 1, 2: 0, 1: 0]
    for (count, layer) in layers {
      #expect(DistillationLosses.middleLayer(of: count) == layer, "\(count)")
    }
  }

  private func expect<Result>(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Result
  ) {
    #expect(sourceLocation: sourceLocation) { try body() } throws: {
      ($0 as? Failure)?.description.contains(message) ?? false
    }
  }
}
