"""Writes the tensors of a safetensors file as GGUF, rounded by gguf-py: gguf_write.py INPUT OUTPUT TYPE.

Prints the seconds of reading, rounding and writing, without the imports.
"""

import json
import sys
import time

import gguf
import numpy as np
from safetensors.numpy import load_file

kind = gguf.GGMLQuantizationType[sys.argv[3]]
start = time.time()
writer = gguf.GGUFWriter(sys.argv[2], "bert")
for name, array in load_file(sys.argv[1]).items():
    if array.dtype != np.float32:
        continue
    if array.ndim < 2 or array.shape[-1] % 32:
        writer.add_tensor(name[-60:], array)
    else:
        writer.add_tensor(name[-60:], gguf.quants.quantize(array, kind), raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print(json.dumps({"seconds": time.time() - start}))
