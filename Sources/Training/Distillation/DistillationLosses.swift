import Tensors

/// How much each of a distillation's losses counts, and what of layers is held against what.
///
/// As text: `hard=0.1 kl=0.9 temperature=2`, `hidden=1 attention=1 layers=last`. Losses of layers are means over all numbers of a pair of
/// layers, and sums over the pairs.
package struct DistillationLosses: Sendable, Equatable, CustomStringConvertible {
  /// Cross-entropy against the labels, where there are any.
  package var hard: Float = 0
  /// − Σ p log softmax(z), p being the teacher's probabilities.
  package var soft: Float = 0
  /// T² · KL(teacher ‖ student) at a temperature T (Hinton et al., 2015).
  package var divergence: Float = 0
  package var temperature: Float = 1
  /// The mean squared error of logits (Ba and Caruana, 2014).
  package var logits: Float = 0
  /// The mean squared error from log(p / (1 − p)) of the teacher's probabilities (XtremeDistil: Mukherjee and Awadallah, 2020).
  package var logitOfProbability: Float = 0
  /// The mean squared error of what layers give for each token, mapped where widths differ (TinyBERT: Jiao et al., 2020, equation 8);
  /// of a BiLSTM student that of what its projection gives, from one of the teacher's layers.
  package var hidden: Float = 0
  /// The mean squared error of attention (TinyBERT, equation 7), head by head, or of the means over heads where their numbers differ.
  package var attention: Float = 0
  /// The mean squared error of the embeddings' output (TinyBERT, equation 9; the layer 0 of ROSITA: Liu et al., 2021).
  package var embeddings: Float = 0
  package var layers = LayerMap.uniform
  package var attentionOf = AttentionKind.scores
  /// The teacher's layer that a BiLSTM student's projection is held against, from 0; nil for ``middleLayer(of:)``.
  package var teacherLayer: Int?

  /// What of attention is compared: q · kᵀ / √width, or its softmax.
  package enum AttentionKind: String, Sendable, CaseIterable { case scores, probabilities }

  package init() {}

  /// Whether a teacher's logits are learned from.
  package var readsLogits: Bool { soft + divergence + logits + logitOfProbability > 0 }
  /// Whether a head is trained: without, no metric of a task tells how good a student is.
  package var trainsHead: Bool { hard > 0 || readsLogits }
  /// Whether anything within a teacher is learned from.
  package var readsLayers: Bool { hidden + attention + embeddings > 0 }

  /// The seventh of twelve, as of the published students, or what is closest to that share.
  package static func middleLayer(of layers: Int) -> Int { max(0, (14 * layers + 12) / 24 - 1) }
}
