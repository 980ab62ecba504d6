import Glibc
import Tasks
import Tensors

/// Encoding the 67,349 sentences of SST-2 on one thread, and reading the tokenizer, against Hugging
/// Face's tokenizers library in the same run.
///
/// `PARE_SHARED` names the folder with data/sst2 and data/tokenizers (default: ../shared).
func tokenizationTable(_ workload: Workload) throws {
  print("\ntokenization: sentences of SST-2 a second on one thread, best of 5; reading, best of 5")
  let shared = getenv("PARE_SHARED").map { String(cString: $0) } ?? "../shared"
  guard let text = contents("\(shared)/data/sst2/train.tsv") else {
    print("  skipped: \(shared)/data/sst2/train.tsv is not there")
    return
  }
  let sentences = text.split(separator: "\n").dropFirst().map { line in
    String(line.prefix { $0 != "\t" })
  }
  for (name, folder) in [
    ("WordPiece (bert-base-uncased)", "\(shared)/data/tokenizers/bert-base-uncased"),
    ("byte-level BPE (roberta-base)", "\(shared)/data/tokenizers/roberta-base"),
    ("Unigram (8,000 pieces)", "samples/tokenizers/xlm-roberta"),
  ] {
    var reading = Double.infinity
    var encoding = Double.infinity
    for _ in 0..<5 {
      let start = now()
      let tokenizer = try Tokenizer(folder: folder)
      reading = min(reading, now() - start)
      let middle = now()
      for sentence in sentences { _ = tokenizer.encode(sentence, limit: nil) }
      encoding = min(encoding, now() - middle)
    }
    let speed = Double(sentences.count) / encoding
    print("  \(name): \(Int(speed)) a second; read in \(milliseconds(reading))")
    if let peer = try peer(workload, folder, "\(shared)/data/sst2/train.tsv") {
      print(
        "    tokenizers: \(Int(Double(sentences.count) / peer.encoding)) a second, ours \(decimal(peer.encoding / encoding)) ×; read in \(milliseconds(peer.reading)), ours \(decimal(peer.reading / reading)) ×"
      )
    }
  }
}

/// What the library takes for the same; nil without a Python.
private func peer(
  _ workload: Workload, _ folder: String, _ sentences: String
) throws -> (reading: Double, encoding: Double)? {
  guard let python = workload.python else { return nil }
  let output = workload.path("tokenization")
  let script = """
    import os, time
    os.environ["RAYON_NUM_THREADS"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    from tokenizers import Tokenizer
    texts = [line.split("\\t")[0] for line in open("\(sentences)", encoding="utf8").read().split("\\n")[1:] if line]
    reading = encoding = float("inf")
    for _ in range(5):
      start = time.perf_counter()
      tokenizer = Tokenizer.from_file("\(folder)/tokenizer.json")
      reading = min(reading, time.perf_counter() - start)
      start = time.perf_counter()
      tokenizer.encode_batch(texts)
      encoding = min(encoding, time.perf_counter() - start)
    open("\(output)", "w").write(f"{reading} {encoding}")
    """
  _ = try run([python, "-c", script])
  let seconds = (contents(output) ?? "").split(separator: " ").compactMap { Double($0) }
  return seconds.count == 2 ? (seconds[0], seconds[1]) : nil
}

/// The text of a file; nil if it cannot be read.
private func contents(_ path: String) -> String? {
  guard let file = try? InputFile(path) else { return nil }
  return try? file.withBytes(0..<file.byteCount) { String(decoding: $0, as: UTF8.self) }
}
