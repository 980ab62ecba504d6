/// Masks weights, and rounds those that stay (SparseGPT, section 3.5): errors of both are made up for together.
package struct JointRule<Rounding: ColumnRule>: ColumnRule {
  private let masking: MaskingRule
  private let rounding: Rounding

  package init(_ masking: MaskingRule, _ rounding: Rounding) {
    (self.masking, self.rounding) = (masking, rounding)
  }

  package func begin(_ values: UnsafePointer<Float>, rows: Int, columns: Int) {
    masking.begin(values, rows: rows, columns: columns)
    rounding.begin(values, rows: rows, columns: columns)
  }

  package func begin(
    block: Range<Int>, _ values: UnsafePointer<Float>, _ diagonal: [Float]
  ) {
    masking.begin(block: block, values, diagonal)
    rounding.begin(block: block, values, diagonal)
  }

  package func settle(_ column: Int, _ values: UnsafeMutablePointer<Float>) {
    masking.settle(column, values)
    // Zero is one of the numbers that there are, whatever the zero point.
    rounding.settle(column, values)
  }
}
