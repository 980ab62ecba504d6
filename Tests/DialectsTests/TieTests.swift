import Checkpoints
import Dialects
import Tensors
import Testing

@Suite struct TieTests {
  private let model = EncoderArchitecture.tiny(.bert, .maskedLanguageModel)

  private func read(
    _ dialect: String = "bert", _ style: NameStyle = .flat,
    _ change: (inout [NamedTensor]) -> Void
  ) throws -> Checkpoint {
    var tensors = model.written(in: try Dialects.named(dialect), style: style).tensors
    tensors.removeAll { $0.name.hasPrefix("mlm___cls/tf_bert_for_masked_lm/bert/") }
    change(&tensors)
    return try Dialects.interpret(
      container(tensors, style), configuration: configuration(model.document))
  }

  private let word = tensor([30, 12], seed: "\(Role.wordEmbedding)")
  private let bias = tensor([30], seed: "\(Role.decoderBias)")

  @Test func equalBytesAreATie() throws {
    let read = try read {
      $0.insert(NamedTensor("cls.predictions.decoder.weight", word), at: 0)
      $0.append(NamedTensor("cls.predictions.decoder.bias", bias))
    }
    guard case .shared(let owner) = read.parameter(.decoder)?.storage,
      case .shared(let biasOwner) = read.parameter(.decoderBiasCopy)?.storage
    else {
      Issue.record("not tied")
      return
    }
    #expect(owner == .wordEmbedding)
    #expect(biasOwner == .decoderBias)
    #expect(read.diagnostics(.tie).count == 2)
    #expect(read.problems == [])
    let names = read.renamed(to: try Dialects.named("bert"), style: .flat).tensors.map(\.targetName)
    #expect(!names.contains { $0.contains("decoder") })
  }

  @Test func differentBytesAreKept() throws {
    let read = try read {
      $0.append(NamedTensor("cls.predictions.decoder.weight", tensor([30, 12], seed: "other")))
      $0.append(NamedTensor("cls.predictions.decoder.bias", tensor([30], seed: "other")))
    }
    #expect(read.parameter(.decoder)?.storage.dense != nil)
    #expect(read.diagnostics(.brokenTie).count == 2)
    let renaming = read.renamed(to: try Dialects.named("bert"), style: .flat)
    #expect(renaming.tensors.count { $0.targetName.contains("decoder") } == 2)
    // TensorFlow's models have no place for a decoder of their own.
    let refused = read.renamed(to: try Dialects.named("tf-bert"), style: .kerasLayers)
    #expect(refused.unplaced.map(\.role) == [.decoder, .decoderBiasCopy])
    #expect(refused.unplaced.allSatisfy { $0.reason == .unnamed })
  }

  @Test func anotherShapeOrTypeIsNoTie() throws {
    let read = try read {
      $0.append(NamedTensor("cls.predictions.decoder.weight", tensor([12, 30], seed: "x")))
    }
    #expect(read.diagnostics(.brokenTie).count == 1)
    #expect(read.diagnostics(.shape).map(\.tensor) == ["cls.predictions.decoder.weight"])
  }

  @Test func theSecondNameAloneStandsForBoth() throws {
    let read = try read { tensors in
      tensors.removeAll { $0.name == "cls.predictions.bias" || $0.name.contains("word_embeddings") }
      tensors.append(NamedTensor("cls.predictions.decoder.weight", word))
      tensors.append(NamedTensor("cls.predictions.decoder.bias", bias))
    }
    #expect(read.problems == [])
    #expect(read.parameter(.wordEmbedding)?.name == "cls.predictions.decoder.weight")
    #expect(read.parameter(.decoderBias)?.name == "cls.predictions.decoder.bias")
    #expect(read.parameter(.decoder) == nil)
  }

  private let copyName =
    "mlm___cls/tf_bert_for_masked_lm/bert/embeddings/word_embeddings/weight:0"
  private let typeCopyName =
    "mlm___cls/tf_bert_for_masked_lm/bert/embeddings/token_type_embeddings/embeddings:0"

  @Test func secondCopiesWithEqualBytesAreCopies() throws {
    let types = tensor([2, 12], seed: "\(Role(.embedding(.type), .weight))")
    // Before the originals: the order in the file does not make one a copy.
    let read = try read("tf-bert", .kerasLayers) {
      $0.insert(NamedTensor(copyName, word), at: 0)
      $0.insert(NamedTensor(typeCopyName, types), at: 0)
    }
    #expect(read.copies.map(\.name) == [typeCopyName, copyName])
    #expect(read.parameter(.wordEmbedding)?.name.hasPrefix("bert/") == true)
    #expect(read.diagnostics(.tie).count == 1)
    #expect(read.problems == [])
  }

  @Test func aDifferingSecondWordEmbeddingIsTheDecoder() throws {
    let read = try read("tf-bert", .kerasLayers) {
      $0.append(NamedTensor(copyName, tensor([30, 12], seed: "other")))
      $0.append(NamedTensor(typeCopyName, tensor([2, 12], seed: "other")))
    }
    #expect(read.parameter(.decoder)?.name == copyName)
    #expect(read.parameter(.decoder)?.storage.dense != nil)
    #expect(read.unmapped.map(\.name) == [typeCopyName])
    #expect(Set(read.diagnostics(.brokenTie).map(\.tensor)) == [copyName, typeCopyName])
  }

  @Test func copiesWithoutAnOriginalAreTheOriginal() throws {
    let read = try read("tf-bert", .kerasLayers) { tensors in
      tensors.removeAll { $0.name.contains("word_embeddings") }
      tensors.append(NamedTensor(copyName, word))
    }
    #expect(read.parameter(.wordEmbedding)?.name == copyName)
    #expect(read.copies.isEmpty)
    #expect(read.problems == [])
  }

  @Test func twoNamesOfOneRole() throws {
    let name = "bert.embeddings.LayerNorm.gamma"
    let scale = tensor([12], seed: "\(Role(.embedding(.norm), .weight))")
    let equal = try read { $0.append(NamedTensor(name, scale)) }
    #expect(equal.copies.map(\.name) == [name])
    let different = try read { $0.append(NamedTensor(name, tensor([12], seed: "other"))) }
    #expect(different.unmapped.map(\.name) == [name])
    #expect(different.diagnostics(.brokenTie).map(\.tensor) == [name])
    // Not the decoder: nothing says that it is meant as one.
    let words = try read {
      $0.append(NamedTensor("embeddings.word_embeddings.weight", tensor([30, 12], seed: "other")))
    }
    #expect(words.parameter(.decoder) == nil)
    #expect(words.unmapped.count == 1)
  }

  @Test func bytesAreComparedPieceByPiece() throws {
    let count = 3 << 20
    func tensor(_ last: UInt8, pieceSize: Int) -> Tensor {
      var bytes = [UInt8](repeating: 7, count: count)
      bytes[count - 1] = last
      return Tensor(.u8, [count / 12, 12], source: Pieces(bytes: bytes, pieceSize: pieceSize))
    }
    for pieceSize in [1 << 20, count] {
      for last: UInt8 in [7, 8] {
        let tensors = [
          NamedTensor("bert.embeddings.word_embeddings.weight", tensor(7, pieceSize: 1 << 20)),
          NamedTensor("cls.predictions.decoder.weight", tensor(last, pieceSize: pieceSize)),
        ]
        let read = try Dialects.interpret(container(tensors))
        #expect((read.parameter(.decoder)?.storage.dense == nil) == (last == 7))
      }
    }
  }
}

/// Bytes that are lent in pieces of a size.
private struct Pieces: TensorSource {
  let bytes: [UInt8]
  let pieceSize: Int

  var byteCount: Int { bytes.count }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    #expect(range.lowerBound % pieceSize == 0)
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
