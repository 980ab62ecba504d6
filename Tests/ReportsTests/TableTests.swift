import Testing

@testable import Reports

@Suite struct TableTests {
  @Test func columnsAreFlushAndEmptyOnesLeftOut() {
    var table = Table(("name", .left), ("empty", .left), ("count", .right))
    table.add("a", "", "1")
    table.add("longer", "", "1,000")
    #expect(table.lines(indent: 1) == [" name    count", " a           1", " longer  1,000"])
  }
}
