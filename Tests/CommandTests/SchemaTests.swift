import TestSupport
import Testing

@Suite struct SchemaTests {
  @Test(arguments: [
    ["inspect", "--json", "samples/bert-tiny"], ["inspect", "--json", "samples/bert-tiny-tf"],
    ["inspect", "--json", "--statistics", "samples/heads/sequence-classification"],
    ["inspect", "--json", "samples/families/albert-masked-lm"],
    ["inspect", "--json", "samples/keras-legacy/whole-model-keras3.h5"],
  ])
  func inspectKeepsItsPromise(_ arguments: [String]) throws {
    let result = try runPare(arguments)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try JSONSchema("inspect.schema.json").violations(of: result.output) == [])
  }

  @Test func formatsKeepsItsPromise() throws {
    let result = try pare("formats", "--json")
    #expect(result.status == 0)
    #expect(try JSONSchema("formats.schema.json").violations(of: result.output) == [])
  }

  @Test(arguments: [
    ["diff", "samples/bert-tiny", "samples/bert-tiny-tf"],
    ["diff", "samples/bert-tiny", "samples/heads/sequence-classification"],
    ["check", "samples/bert-tiny"], ["check", "samples/numpy/kinds.npz"],
    ["hash", "samples/bert-tiny", "--tensors"],
  ])
  func comparingAndCheckingKeepTheirPromise(_ arguments: [String]) throws {
    let result = try runPare(arguments + ["--json"])
    #expect(try JSONSchema("\(arguments[0]).schema.json").violations(of: result.output) == [])
  }

  @Test func theSchemaCanFail() throws {
    let schema = try JSONSchema("formats.schema.json")
    #expect(try !schema.violations(of: "{}").isEmpty)
    #expect(
      try !schema.violations(
        of: #"{"schema":"pare.formats/1","formats":[{"name":1}],"dialects":[]}"#
      )
      .isEmpty)
  }

  @Test func everyFormatIsListed() throws {
    let table = try pare("formats").output
    for name in [
      "safetensors", "tf-h5", "keras3", "keras", "hdf5", "pytorch", "npz", "native", "tf-bert",
      "keras-hub-bert",
    ] {
      #expect(table.contains(name))
    }
  }
}
