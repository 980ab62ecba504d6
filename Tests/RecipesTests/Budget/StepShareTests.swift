import Checkpoints
import Testing

@testable import Recipes

@Suite struct StepShareTests {
  /// The layers are the first and the last of them, and attention and feed-forward; with the embeddings they are all.
  @Test(arguments: [1, 2, 5, 12]) func sharesAreParts(layers: Int) {
    let words = Role(.embedding(.word), .weight)
    let parts = (0..<layers).flatMap { index in
      LayerModule.allCases.map { Role(.layer(index, $0), .weight) }
    }
    func roles(_ share: StepShare) -> Set<Role> {
      Set(([words] + parts).filter { share.contains($0, layers: layers) })
    }
    #expect(roles(.all) == Set([words] + parts))
    #expect(roles(.embeddings) == [words] && roles(.layers) == Set(parts))
    for (one, other) in [(StepShare.firstLayers, StepShare.lastLayers), (.attention, .feedForward)]
    {
      #expect(roles(one).isDisjoint(with: roles(other)))
      #expect(roles(one).union(roles(other)) == Set(parts))
    }
    #expect(roles(.feedForward).count == 2 * layers)
  }
}
