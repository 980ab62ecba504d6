import Foundation
import TestSupport
import Testing

/// The arrows of the house: what each target may use. They run one way.
private let arrows: [String: Set<String>] = [
  "CHDF5": [], "CJSON": [], "CZlib": [], "CKernels": [], "COpenBLAS": [], "CSystem": [],
  "CYAML": [],
  "Tensors": ["CSystem"],
  "Documents": ["CJSON", "CYAML", "Tensors"],
  "Kernels": ["CKernels", "COpenBLAS", "Tensors"],
  "Coding": ["CKernels", "Tensors"],
  "Checkpoints": ["Documents", "Kernels", "Tensors"],
  "Formats": [
    "CHDF5", "CSystem", "CZlib", "Checkpoints", "Coding", "Documents", "Kernels", "Tensors",
  ],
  "Passes": ["Checkpoints", "Coding", "Documents", "Kernels", "Tensors"],
  "Dialects": ["Checkpoints", "Tensors"],
  "Encoders": ["Checkpoints", "Kernels", "Tensors"],
  "Tasks": ["Checkpoints", "Documents", "Encoders", "Tensors"],
  "Reports": ["CZlib", "Checkpoints", "Coding", "Documents", "Kernels", "Tasks", "Tensors"],
  "Training": [
    "Checkpoints", "Documents", "Encoders", "Kernels", "Passes", "Tasks", "Tensors",
  ],
  "Recipes": [
    "Checkpoints", "Coding", "Dialects", "Documents", "Encoders", "Formats", "Kernels", "Passes",
    "Reports", "Tasks", "Tensors", "Training",
  ],
  "pare": [
    "ArgumentParser", "Checkpoints", "Documents", "Encoders", "Formats", "Passes", "Recipes",
    "Reports", "Tasks", "Tensors", "Training",
  ],
]

/// Modules of the toolchain that any target may import. Foundation is not among them: it would
/// triple the time that the program takes to start.
private let toolchain: Set<String> = ["Glibc", "Swift", "Synchronization"]

@Suite struct ArrowTests {
  @Test func everyDeclaredDependencyIsAnArrow() throws {
    for (target, dependencies) in try declaredDependencies() {
      let allowed = try #require(arrows[target], "target \(target) is not in the table of arrows")
      for dependency in dependencies where !allowed.contains(dependency) {
        Issue.record("Package.swift: \(target) → \(dependency) is no arrow of the house")
      }
    }
  }

  @Test func everyImportIsADeclaredDependency() throws {
    let declared = try declaredDependencies()
    var files = 0
    for (target, dependencies) in declared {
      for file in swiftFiles(in: "\(Places.root)/Sources/\(target)") {
        files += 1
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for module in imports(in: text) where !toolchain.contains(module) {
          if !dependencies.contains(module) {
            Issue.record("\(file): imports \(module), but \(target) → \(module) is not declared")
          }
        }
      }
    }
    #expect(files > 50)
  }

  @Test func librariesDoNotPrint() throws {
    for target in try declaredDependencies().keys where target != "pare" {
      for file in swiftFiles(in: "\(Places.root)/Sources/\(target)") {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let prints = text.split(separator: "\n").filter { line in
          let code = line.drop { $0 == " " }
          return code.hasPrefix("print(") || code.contains(" print(")
            || code.contains("debugPrint(")
        }
        #expect(prints.isEmpty, "\(file) prints")
      }
    }
  }
}

/// The targets in `Sources/` and what Package.swift says they depend on.
private func declaredDependencies() throws -> [String: Set<String>] {
  let scratch = try TemporaryFolder()
  let dump = try run(
    "/usr/bin/env", ["swift", "package", "--scratch-path", scratch.path, "dump-package"],
    folder: Places.root)
  try #require(dump.status == 0, "swift package dump-package: \(dump.errors)")
  let manifest = try #require(
    try JSONSerialization.jsonObject(with: Data(dump.output.utf8)) as? [String: Any])
  let targets = try #require(manifest["targets"] as? [[String: Any]])
  var result: [String: Set<String>] = [:]
  for target in targets where target["type"] as? String != "test" {
    let name = try #require(target["name"] as? String)
    guard !["TestSupport", "pare-benchmarks"].contains(name) else { continue }
    let dependencies = target["dependencies"] as? [[String: [Any]]] ?? []
    result[name] = Set(dependencies.compactMap { $0.values.first?.first as? String })
  }
  #expect(result.count >= 10)
  return result
}

private func swiftFiles(in folder: String) -> [String] {
  let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
  return names.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
}

private func imports(in text: String) -> [String] {
  text.split(separator: "\n").compactMap { line in
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(of: "import"), place <= 1, words.count > place + 1,
      place == 0 || ["package", "public", "internal", "@testable"].contains(words[0])
    else { return nil }
    return words.last.map { String($0.prefix { $0 != "." }) }
  }
}
