import Documents
import TestSupport
import Testing

@testable import Tasks

/// Against seqeval.
@Suite struct TagMetricTests {
  @Test func entities() throws {
    for golden in try goldens("tags") {
      let sentences = try #require(golden["gold"]?.array?.map(\.strings))
      let expected = try #require(golden["entities"]?.array)
      for (tags, entities) in zip(sentences, expected) {
        let found = Entity.all(in: tags).map { entity -> JSON in
          [
            .string(String(entity.type)), .integer(entity.range.lowerBound),
            .integer(entity.range.upperBound),
          ]
        }
        #expect(JSON.array(found) == entities, "\(tags)")
      }
    }
  }

  @Test func entityF1() throws {
    var compared = 0
    for golden in try goldens("tags") {
      let estimate = Estimate.entityF1(
        gold: try #require(golden["gold"]?.array?.map(\.strings)),
        predicted: try #require(golden["predicted"]?.array?.map(\.strings)))
      #expect(isNear(estimate.value, try #require(golden["f1"]?.number)))
      if let interval = golden["interval"]?.numbers {
        #expect(isNear(estimate.interval, interval), "\(estimate) \(interval)")
        compared += 1
      }
    }
    #expect(compared == 1)
  }

  @Test func nothingToFind() {
    #expect(Estimate.entityF1(gold: [["O"], ["O"]], predicted: [["O"], ["O"]]).value == 0)
    #expect(Estimate.entityF1(gold: [], predicted: []).value == 0)
    #expect(Entity.all(in: [""]).isEmpty)
  }
}
