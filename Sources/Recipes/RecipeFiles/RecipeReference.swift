import Checkpoints
import Passes

/// The reference of recipes: every step and its options, from what passes and trainings declare.
public enum RecipeReference {
  /// As the Markdown page `formats/recipe.md` has it.
  public static var markdown: String {
    ([introduction] + StepList.all.map { section(for: $0.declaration) }
      + [published] + PublishedRecipeList.all.map { section(for: $0.declaration, level: 3) })
      .joined(separator: "\n")
  }

  private static let published = """
    ## Published recipes

    `pare compress MODEL --recipe NAME --task TASK -o OUT` works out the steps of a published system for the model: \
    \(Recipe.publishedNames.map { "`\($0)`" }.joined(separator: ", ")). Their options are given by `--set KEY=VALUE`, repeated, and stand at what \
    was published for BERT-base; `--dry-run` shows the steps, what the model holds after each, and about how long they take here, and `--time` lets \
    them go through less. The steps are stored with the output as those of any recipe are.

    """

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

  private static func section(for pass: PassDeclaration, level: Int = 2) -> String {
    let mark = String(repeating: "#", count: level)
    var lines = ["\(mark) \(pass.name)", "", pass.summary]
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
