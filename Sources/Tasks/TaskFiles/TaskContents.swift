/// What a file of a task holds, before it is known how it is to be measured.
struct TaskContents {
  var kind: Task.Kind
  var examples: [Example] = []
  var notes = TaskNotes()
  /// Whether questions may have no answer.
  var allowsNoAnswer = false
  /// Whether the tags name no entities.
  var hasPlainTags = false

  init(kind: Task.Kind) { self.kind = kind }
}
