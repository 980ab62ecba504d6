import Checkpoints
import Testing

@Suite struct BiLSTMArchitectureTests {
  /// The parameters of XtremeDistil's students in millions, as its Table 16 rounds them: 88,400 words and a projection to the 768
  /// features of the teacher, from which 11 labels are told. The paper does not say how many words are left; that many fit every row.
  @Test(arguments: [
    (300, 600, 31.8), (200, 600, 22.5), (300, 400, 29.4), (200, 400, 20.2), (100, 600, 13.1),
    (100, 400, 11.1), (50, 600, 8.5), (300, 200, 27.7), (200, 200, 18.7), (50, 400, 6.5),
    (100, 200, 9.6), (50, 200, 5.1), (300, 100, 27.0), (200, 100, 18.1), (100, 100, 9.2),
    (50, 100, 4.7),
  ]) func countsAreThePublished(_ embedding: Int, _ hidden: Int, _ millions: Double) {
    let student = BiLSTMArchitecture(
      vocabulary: 88_400, embedding: embedding, hidden: hidden, projection: 768, classes: 11,
      readout: .perToken)
    let count = student.requirements.reduce(0) { sum, requirement in
      sum + requirement.lengths.reduce(1) { $0 * $1! }
    }
    #expect(abs(Double(count) / 1e6 - millions) < 0.07)
    let gates = 2 * 4 * hidden * (embedding + hidden + 1)
    #expect(count == 88_400 * embedding + gates + (2 * hidden + 1) * 768 + 769 * 11)
  }

  @Test func headsFollowTheReadout() {
    func head(_ readout: BiLSTMArchitecture.Readout, _ classes: Int?) -> Head {
      BiLSTMArchitecture(
        vocabulary: 5, embedding: 4, hidden: 3, projection: 2, classes: classes, readout: readout
      ).head
    }
    #expect(head(.perToken, 3) == .tokenClassification)
    #expect(head(.lastState, 3) == .sequenceClassification)
    #expect(head(.maxPool, 3) == .sequenceClassification)
    #expect(head(.perToken, nil) == .none)
  }

  @Test func familiesAreToldByTheirModelTypes() {
    for family in Family.all { #expect(Family(modelType: family.name) == family) }
    #expect(Family(modelType: "klingon") == nil)
  }
}
