import Glibc

/// Starting, and inspecting without reading data.
func inspectTable(_ workload: Workload) throws {
  print("\ninspect: whole process, wall time and peak memory")
  var commands: [(String, [String])] = [
    ("pare --version", [workload.pare, "--version"]),
    ("pare inspect, safetensors 90.9 MB", [workload.pare, "inspect", workload.miniLM]),
    ("pare inspect, tf_model.h5 90.9 MB", [workload.pare, "inspect", workload.miniLMInHDF5]),
    ("pare inspect, 20 shards 10 GB", [workload.pare, "inspect", workload.shardedFolder]),
  ]
  if let python = workload.python {
    commands.append(
      (
        "Python safetensors",
        [
          python, "-c",
          "from safetensors import safe_open\nwith safe_open('\(workload.miniLM)','np') as f: print(sum(__import__('math').prod(f.get_slice(k).get_shape()) for k in f.keys()))",
        ]
      ))
    commands.append(
      (
        "h5py",
        [
          python, "-c",
          "import h5py\nn=0\ndef v(k,d):\n  global n\n  n+=getattr(d,'size',0) if hasattr(d,'dtype') else 0\nh5py.File('\(workload.miniLMInHDF5)').visititems(v)\nprint(n)",
        ]
      ))
  }
  let results = try measure(commands.map(\.1), runs: 15)
  for ((name, _), result) in zip(commands, results) {
    print(
      "  \(padded(name, 36)) \(padded(milliseconds(result.seconds), 12)) \(mebibytes(result.peakMemory))"
    )
  }
}

/// Converting 90.9 MB, as multiples of `cp` of the input in the same run.
func convertTable(_ workload: Workload) throws {
  print("\nconvert 90.9 MB: wall time as a multiple of cp of the input, and peak memory")
  let (tensors, hdf5) = (workload.miniLM, workload.miniLMInHDF5)
  func pare(_ input: String, _ output: String, _ options: String...) -> [String] {
    [workload.pare, "convert", "--quiet", "--force", input, "-o", workload.path(output)] + options
  }
  var rows: [(String, [String])] = [
    ("cp", ["cp", tensors, workload.path("copy")]),
    ("pare safetensors → safetensors F16", pare(tensors, "half.safetensors", "--dtype", "F16")),
    ("pare safetensors → safetensors BF16", pare(tensors, "brain.safetensors", "--dtype", "BF16")),
    ("pare safetensors → safetensors", pare(tensors, "same.safetensors")),
    ("pare tf_model.h5 → safetensors", pare(hdf5, "back.safetensors")),
    ("pare safetensors → tf_model.h5", pare(tensors, "there.h5")),
  ]
  if let python = workload.python {
    rows.append(
      (
        "numpy safetensors → F16",
        [
          python, "-c",
          "from safetensors.numpy import load_file,save_file\nimport numpy as np\nsave_file({k:v.astype(np.float16) for k,v in load_file('\(tensors)').items()},'\(workload.path("np.safetensors"))')",
        ]
      ))
    rows.append(
      (
        "h5py + numpy h5 → safetensors",
        [
          python, "-c",
          "import h5py,numpy as np\nfrom safetensors.numpy import save_file\nt={}\ndef v(k,d):\n  if hasattr(d,'dtype'): t[k]=np.ascontiguousarray(d[()].T) if k.endswith('kernel:0') else d[()]\nh5py.File('\(hdf5)').visititems(v)\nsave_file(t,'\(workload.path("h5.safetensors"))')",
        ]
      ))
  }
  let results = try measure(rows.map(\.1))
  for ((name, _), result) in zip(rows, results) {
    let ratio = decimal(result.seconds / results[0].seconds)
    print(
      "  \(padded(name, 38)) \(padded(milliseconds(result.seconds), 12)) \(padded(ratio + " ×", 9)) \(mebibytes(result.peakMemory))"
    )
  }
}

/// The same conversions of 2 GB: the peak must not grow with the model.
func memoryTable(_ workload: Workload) throws {
  print("\nconvert 2 GB: peak memory")
  for (name, input, output, options) in [
    ("safetensors → F16", workload.large, "large-half.safetensors", ["--dtype", "F16"]),
    ("tf_model.h5 → safetensors", workload.largeInHDF5, "large-back.safetensors", []),
  ] {
    let result = Measurement([
      try run(
        [workload.pare, "convert", "--quiet", "--force", input, "-o", workload.path(output)]
          + options)
    ])
    print(
      "  \(padded(name, 38)) \(padded(milliseconds(result.seconds), 12)) \(mebibytes(result.peakMemory))"
    )
  }
}
