import Documents
import Tensors

/// How the labels of a task name the classes of a model.
///
/// A label is a class's name, exactly or but for case, or else an integer: the index into the labels that
/// the task declares, whose name is then looked for, or the class's own index if it declares none.
/// Classes that only have numbers (`LABEL_0`, `LABEL_1` …) go by the task's declared labels, if these are
/// as many.
public struct LabelMap: Sendable {
  /// The names of the classes by index: the model's, or the task's where the model's only count.
  public let names: [String]
  private let declared: [String]?
  private let exact: [String: Int]
  /// Nil for what names two classes.
  private let folded: [String: Int?]

  /// - Parameter classes: the model's names of its classes (`id2label`), by index.
  /// - Parameter declared: the task's labels, in the order of their numbers.
  public init(classes: [String], declared: [String]? = nil) {
    let onlyCount = classes.enumerated().allSatisfy { $1 == "LABEL_\($0)" || $1 == "\($0)" }
    let names = onlyCount && declared?.count == classes.count ? declared ?? classes : classes
    self.names = names
    self.declared = declared
    let all = Array(classes.enumerated()) + Array(names.enumerated())
    exact = Dictionary(all.map { ($1, $0) }) { first, _ in first }
    folded = Dictionary(all.map { ($1.lowercased(), $0 as Int?) }) { $0 == $1 ? $0 : nil }
  }

  /// The class that a label names, if it names one.
  public func index(of label: String) -> Int? {
    if let index = index(named: label) { return index }
    guard let number = Int(label), "\(number)" == label else { return nil }
    guard let declared else { return names.indices.contains(number) ? number : nil }
    return declared.indices.contains(number) ? index(named: declared[number]) : nil
  }

  private func index(named name: String) -> Int? {
    exact[name] ?? folded[name.lowercased()] ?? nil
  }

  /// The classes of a task's examples, which have labels.
  ///
  /// - Throws: ``Failure`` with the line of the first label that names no class.
  public func indices(of task: Task) throws -> [Int] {
    try task.examples.map { example in
      guard case .label(let label) = example.gold else { preconditionFailure("no label") }
      guard let index = index(of: label) else { throw failure(task, example, label) }
      return index
    }
  }

  /// The tags of a task's examples, spelled as ``names`` spells them.
  ///
  /// The model may have only one of `B-TYPE` and `I-TYPE`.
  /// - Throws: ``Failure`` with the line of the first sentence with a tag that the model lacks.
  public func tags(of task: Task) throws -> [[String]] {
    var known: [String: String] = [:]
    return try task.examples.map { example in
      guard case .tags(let tags) = example.gold else { preconditionFailure("no tags") }
      return try tags.map { tag in
        if let spelled = known[tag] { return spelled }
        guard let spelled = spelling(of: tag) else { throw failure(task, example, tag) }
        known[tag] = spelled
        return spelled
      }
    }
  }

  private func spelling(of tag: String) -> String? {
    if let index = index(named: tag) { return names[index] }
    if tag == "O" { return tag }
    let begins = tag.hasPrefix("B-")
    guard begins || tag.hasPrefix("I-") else { return nil }
    return index(named: (begins ? "I" : "B") + tag.dropFirst()).map {
      String(tag.prefix(1)) + names[$0].dropFirst()
    }
  }

  private func failure(_ task: Task, _ example: Example, _ label: String) -> Failure {
    let number = Int(label).flatMap { declared?.indices.contains($0) == true ? declared?[$0] : nil }
    let reason = LabelReason.unknown(label, meaning: number, classes: names)
    return Failure(TextReason(line: example.line, reason), at: Place(file: task.path))
  }
}

/// Why a label names no class.
enum LabelReason: Reason {
  /// - Parameter meaning: the declared label, if the label is its number.
  case unknown(String, meaning: String?, classes: [String])

  var description: String {
    switch self {
    case .unknown(let label, let meaning, let classes):
      "the label '\(printable(label))'"
        + (meaning.map { ", which stands for '\(printable($0))'," } ?? "")
        + " is none of the model's: \(listing(classes))"
    }
  }

  var hint: String? {
    switch self {
    case .unknown(_, _, let classes):
      classes.first == "LABEL_0"
        ? "the model's classes have no names: declare the task's labels in the order of the model's classes"
        : nil
    }
  }
}
