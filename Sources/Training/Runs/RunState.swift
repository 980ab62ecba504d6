import Checkpoints
import Documents
import Tensors

/// Where a run stands, beside the numbers of its parameters and its optimizer: enough to go on as if it had never stopped.
///
/// All randomness comes from the seed and the place in the run, so that no generator has to be kept.
package struct RunState: Sendable, Equatable {
  /// Of everything that the run depends on: model, data, options, version.
  package var fingerprint: String
  package var seed: UInt64
  /// Which of the run's stages it is in, counted from 0.
  package var stage = 0
  /// Steps made in the stage.
  package var step = 0
  /// The epoch, counted from 0, and how many of its batches are done.
  package var epoch = 0
  package var batch = 0
  /// The time that it has taken.
  package var seconds = 0.0
  package var best = BestSoFar()
  package var loss = LossWatch()
  /// How many times compressions were applied.
  package var applications = 0
  /// The folder beside the state that holds the model as the last of them left it; nil for the one that the run began with.
  package var structure: String?
  /// The file beside the state that holds the parameters of the best evaluation.
  package var bestFile: String?
  /// What else whoever trains has to know again.
  package var notes = JSON.null

  package init(fingerprint: String, seed: UInt64) {
    self.fingerprint = fingerprint
    self.seed = seed
  }
}

extension RunState {
  private static let schema = "pare.run/1"

  var json: JSON {
    .object([
      ("schema", .string(Self.schema)), ("fingerprint", .string(fingerprint)),
      ("seed", .string(String(seed, radix: 16))), ("stage", .integer(stage)),
      ("step", .integer(step)), ("epoch", .integer(epoch)), ("batch", .integer(batch)),
      ("seconds", .number(seconds)), ("best", best.json), ("loss", loss.json),
      ("applications", .integer(applications)), ("structure", JSON(structure)),
      ("bestFile", JSON(bestFile)), ("notes", notes),
    ])
  }

  init(_ json: JSON) throws {
    func count(_ key: String) throws -> Int {
      guard let value = json[key]?.integer, value >= 0 else {
        throw Failure(RunReason.damaged("'\(key)' is not told"))
      }
      return value
    }
    guard json["schema"]?.string == Self.schema, let fingerprint = json["fingerprint"]?.string,
      let seed = json["seed"]?.string.flatMap({ UInt64($0, radix: 16) })
    else { throw Failure(RunReason.damaged("its first facts are not told")) }
    self.init(fingerprint: fingerprint, seed: seed)
    (stage, step) = (try count("stage"), try count("step"))
    (epoch, batch) = (try count("epoch"), try count("batch"))
    guard let seconds = json["seconds"]?.number, seconds >= 0 else {
      throw Failure(RunReason.damaged("its time is not told"))
    }
    self.seconds = seconds
    best = try BestSoFar(json["best"])
    loss = try LossWatch(json["loss"])
    applications = try count("applications")
    structure = json["structure"]?.string
    if let structure, !RunFolder.isNameOfStructure(structure) {
      throw Failure(RunReason.damaged("the name of the model's folder is wrong"))
    }
    bestFile = json["bestFile"]?.string
    if let bestFile, !RunFolder.isNameOfBest(bestFile) {
      throw Failure(RunReason.damaged("the name of the best parameters' file is wrong"))
    }
    notes = json["notes"] ?? .null
  }
}
