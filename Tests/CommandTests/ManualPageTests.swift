import Foundation
import TestSupport
import Testing

/// The committed pages are those that the declared commands make; `make man` writes them anew.
@Suite struct ManualPageTests {
  private func pages() throws -> [ManualPage] {
    let dump = try pare("--experimental-dump-help")
    try #require(dump.status == 0)
    return try ManualPage.pages(fromDump: dump.output) { name in
      try? String(contentsOfFile: "\(Places.root)/man/examples/\(name).txt", encoding: .utf8)
    }
  }

  @Test func committedPagesAreCurrent() throws {
    let pages = try pages()
    #expect(pages.map(\.name).contains("pare-convert"))
    for page in pages {
      let path = "\(Places.root)/man/\(page.name).1"
      if ProcessInfo.processInfo.environment["PARE_UPDATE_MAN"] == "1" {
        try page.text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      let committed = try? String(contentsOfFile: path, encoding: .utf8)
      #expect(committed == page.text, "\(page.name).1 is stale: run 'make man'")
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(Places.root)/man")
    #expect(Set(files.filter { $0.hasSuffix(".1") }) == Set(pages.map { "\($0.name).1" }))
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsAreThere(_ shell: String) throws {
    let script = try pare("--generate-completion-script", shell)
    #expect(
      script.status == 0 && script.output.contains("inspect")
        && script.output.contains("shard-size"))
  }

  @Test func helpAndVersionSucceed() throws {
    #expect(try pare("--help").output.contains("inspect"))
    #expect(try pare("convert", "--help").output.contains("--dry-run"))
    let version = try pare("--version")
    #expect(version.status == 0 && version.output.split(separator: ".").count == 3)
  }
}
