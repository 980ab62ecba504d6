/// By what a compression that is applied while a model is trained chooses what goes.
package enum ImportanceMeasure: String, Sendable, CaseIterable {
  /// The weights' own sizes.
  case magnitude
  /// |w| · mean |∂L/∂w|, over the steps since the last application (Molchanov et al., 2017; as ROSITA has it, Liu et al., 2021).
  case taylor
  /// −Σ w · ∂L/∂w over all steps: what moves away from zero matters (Sanh et al., 2020). Weights that went stay zero.
  case movement
  /// By the inverse of the empirical Fisher information, in blocks; survivors make up for what goes (oBERT: Kurtic et al., 2022).
  case secondOrder = "second-order"

  /// Whether gradients of all steps are added up for it.
  var isMetered: Bool { self == .taylor || self == .movement }
}
