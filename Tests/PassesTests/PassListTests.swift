import Checkpoints
import Passes
import Tensors
import Testing

@Suite struct PassListTests {
  @Test func namesAreDistinctAndLowerCase() {
    let names = PassList.all.map { $0.declaration.name }
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0 == "-" } })
  }

  @Test(arguments: PassList.all.map { $0.declaration })
  func optionsAreDeclaredOnce(_ declaration: PassDeclaration) {
    let names = declaration.options.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(declaration.options.allSatisfy { $0.help.hasSuffix(".") })
    #expect(declaration.summary.hasSuffix("."))
  }

  @Test func aMisspeltOptionIsAnErrorWithASuggestion() throws {
    let failure = try #require(throws: Failure.self) {
      _ = try PassArguments(of: Cast.declaration, [("dtpye", ["F16"])])
    }
    #expect(failure.reason.hint == "did you mean 'dtype'?")
    #expect(failure.reason.outcome == .usage)
  }

  @Test func aValueBeyondItsKindIsAnError() throws {
    let failure = try #require(throws: Failure.self) {
      _ = try PassArguments(of: Cast.declaration, [("dtype", ["F33"])])
    }
    #expect(failure.description == "'dtype' takes F32, F16, BF16, not 'F33'")
  }
}
