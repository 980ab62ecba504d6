import Passes
import Testing

@Suite struct PassListTests {}
