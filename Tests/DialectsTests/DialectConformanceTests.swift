import Checkpoints
import Dialects
import Tensors
import TestSupport
import Testing

/// What every dialect owes, held against each in the list.
@Suite struct DialectConformanceTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var dialect: any Dialect
    var architecture: Architecture
    var style: NameStyle

    var testDescription: String {
      "\(dialect.name), \(architecture.family?.name ?? ""), \(architecture.head.rawValue), \(style)"
    }
  }

  static let cases: [Case] = DialectList.all.flatMap { dialect in
    dialect.families.flatMap { family in
      Architecture.tiny(family).flatMap { architecture in
        dialect.styles.map {
          Case(
            dialect: dialect, architecture: architecture.without(absent[dialect.name] ?? []),
            style: $0)
        }
      }
    }
  }

  /// What models of some dialects never have.
  private static let absent: [String: [Module]] = [
    "fairseq-roberta": [.embedding(.type), .pooler]
  ]

  @Test func namesAreUnique() {
    let names = DialectList.all.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: cases) func placesAreUniqueAndMeanTheirRole(_ test: Case) {
    let places = test.architecture.requirements.compactMap { requirement in
      test.dialect.place(of: requirement.role, in: test.architecture, style: test.style).map {
        (requirement.role, $0)
      }
    }
    let names = places.map(\.1.name)
    #expect(Set(names).count == names.count)
    let meanings = test.dialect.meanings(of: names)
    #expect(meanings.groupSize == test.architecture.encoder?.groupSize ?? 1)
    for ((role, place), meaning) in zip(places, meanings.each) {
      #expect(meaning == .parameter(role, place.layout), "\(place.name)")
    }
  }

  @Test(arguments: cases) func everyEncoderHasAPlace(_ test: Case) {
    let absent = Self.absent[test.dialect.name] ?? []
    for requirement in test.architecture.requirements
    where !requirement.role.module.isHead && !absent.contains(requirement.role.module) {
      #expect(
        test.dialect.place(of: requirement.role, in: test.architecture, style: test.style) != nil,
        "\(requirement.role)")
    }
  }

  @Test(arguments: cases) func layoutsAreUndone(_ test: Case) throws {
    for parameter in test.architecture.checkpoint().parameters {
      guard
        let layout = test.dialect.place(
          of: parameter.role, in: test.architecture, style: test.style)?.layout,
        let logical = parameter.storage.dense
      else { continue }
      let stored = try #require(layout.stored(logical, heads: 2))
      let again = try #require(layout.logical(stored))
      #expect(again.shape == logical.shape)
      #expect(try again.allBytes() == logical.allBytes())
    }
  }

  @Test(arguments: cases) func modelsAreUnderstoodAsTheyWereWritten(_ test: Case) throws {
    let original = test.architecture.checkpoint()
    let renaming = original.renamed(to: test.dialect, style: test.style)
    guard renaming.unplaced.isEmpty else { return }
    let read = try Dialects.interpret(
      test.architecture.written(in: test.dialect, style: test.style),
      configuration: configuration(test.architecture.document))
    #expect(read.architecture == original.architecture)
    #expect(read.problems.isEmpty)
    #expect(read.unmapped.isEmpty)
    let expected = original.parameters.filter { read.parameter($0.role)?.storage.dense != nil }
    #expect(expected.count == original.parameters.count)
    for parameter in expected {
      let found = try #require(read.parameter(parameter.role)?.storage.dense)
      #expect(found.shape == parameter.shape)
      #expect(try found.allBytes() == parameter.stored.allBytes())
    }
  }

  @Test(arguments: DialectList.all.map(\.name)) func otherFamiliesHaveNoPlace(_ name: String) throws
  {
    let dialect = try Dialects.named(name)
    for family in Family.all where !dialect.families.contains(family) {
      for style in dialect.styles {
        let architecture = Architecture.tiny(family)[0]
        #expect(dialect.place(of: .wordEmbedding, in: architecture, style: style) == nil)
      }
    }
  }

  @Test func everyFamilyHasUsualDialects() {
    for family in Family.all {
      #expect(Dialects.usual(for: family, style: .flat) != nil)
      #expect(Dialects.usual(for: family, style: .kerasLayers) != nil)
    }
    #expect(Dialects.usual(for: .encoder(.bert), style: .kerasPaths)?.name == "keras-hub-bert")
    #expect(Dialects.usual(for: .bilstm, style: .kerasPaths)?.name == "keras-bilstm")
    #expect(Dialects.usual(for: .encoder(.albert), style: .kerasPaths) == nil)
    #expect(Dialects.usual(for: .encoder(.xlmRoberta), style: .flat)?.name == "roberta")
    #expect(
      Dialects.usual(for: .encoder(.distilbert), style: .specification)?.name == "ctranslate2")
  }

  @Test func unknownNamesAreRefused() {
    #expect(throws: Failure.self) { try Dialects.named("klingon") }
  }
}

extension Architecture {
  /// The same of a model without some embeddings.
  fileprivate func without(_ modules: [Module]) -> Architecture {
    guard case .encoder(var encoder) = self else { return self }
    if modules.contains(.embedding(.type)) { encoder.types = 0 }
    return .encoder(encoder)
  }
}

extension Module {
  fileprivate var isHead: Bool { if case .head = self { true } else { false } }
}
