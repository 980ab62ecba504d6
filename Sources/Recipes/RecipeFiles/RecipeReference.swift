import Checkpoints
import Passes

/// The reference of recipes: every step and its options, from what passes and trainings declare.
public enum RecipeReference {
  /// As the Markdown page `formats/recipe.md` has it.
  public static var markdown: String {
    ([introduction] + StepList.all.map { section(for: $0.declaration) }).joined(separator: "\n")
  }

  private static let introduction = """
    # Recipes

    A recipe is a YAML file (\(Recipe.schema)): a list of steps, each a pass or a training with its options. `pare compress MODEL
    --recipe FILE -o OUT` runs it, with `--task TASK` where it trains. Every step is also a command of its own, whose options are the same with two dashes before them,
    and `--pass 'NAME KEY=VALUE …'` gives a step on the command line, repeated for a chain; an option that takes several values is
    repeated there.

    ```yaml
    schema: \(Recipe.schema)
    steps:
      - prune: {sparsity: 0.8, only: [encoder.*]}
      - quantize: {bits: 8, per: row}
    ```

    Unknown keys are errors. Aliases, tags beyond YAML's core schema and deep nesting are refused. The recipe that
    was run is stored in the output's metadata under `\(Recipe.metadataKey)`, and the same input, recipe and version give the same bytes.

    Patterns of `only` and `except` are globs over role paths, such as `encoder.*.attention.query`, and take in all below what they
    match; after `name:` they are held against the file's names; between slashes they are regular expressions.

    """

  private static func section(for pass: PassDeclaration) -> String {
    var lines = ["## \(pass.name)", "", pass.summary]
    if !pass.discussion.isEmpty { lines += ["", pass.discussion] }
    lines += ["", "| option | value | what it does | default |", "|---|---|---|---|"]
    lines += pass.options.map { option in
      let value = escaped(option.valueName.isEmpty ? "true" : option.valueName)
      return
        "| `\(option.name)` | \(value) | \(escaped(option.help)) | \(escaped(option.standard ?? "")) |"
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
