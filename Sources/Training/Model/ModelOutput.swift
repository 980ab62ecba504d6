/// What is wanted of a forward pass.
package struct ForwardOptions: Sendable {
  /// Whether numbers are dropped as the model's configuration says.
  package var dropout = true
  /// Whether the head is run.
  package var head = true
  /// The tokens of the batch, in their order, that a head reads which reads every token; nil for all.
  package var headTokens: [Int]?
  /// Whether the states that enter and leave each layer are kept.
  package var hiddenStates = false
  /// What of every layer's attention is read out.
  package var attention = AttentionReading.none

  package init(
    dropout: Bool = true, head: Bool = true, hiddenStates: Bool = false,
    attention: AttentionReading = .none
  ) {
    self.dropout = dropout
    self.head = head
    self.hiddenStates = hiddenStates
    self.attention = attention
  }
}

/// What a model gives for a batch.
package struct ModelOutput {
  /// The tokens of each sequence, as rows of what has a row for each token.
  package let ranges: [Range<Int>]
  /// A row for each sequence, or for each token, as the head has it; nil where there is none.
  package var logits: Node?
  /// The embeddings' output, and each layer's; empty unless asked for.
  package var hiddenStates: [Node] = []
  /// Each layer's attention, `[1, Σ heads · tokens²]`; empty unless asked for.
  package var attention: [Node] = []
  /// The last layer's output for every token; nil where only the first tokens were needed.
  package var last: Node?
  /// What a student's projection gives, a row for each sequence or token as it reads them out: what is held against a teacher's
  /// states. Nil of other models.
  package var projected: Node?
}
