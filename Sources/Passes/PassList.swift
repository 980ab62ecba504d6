/// The passes that `pare` knows, in the order in which they are listed.
///
/// Adding a pass is one line here.
package enum PassList {}
