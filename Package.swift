// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A target of Swift sources in `Sources/`, under the settings that all of them share.
func layer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A target whose loops are optimized in debug builds too: tests run whole models through them.
func loops(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies,
    swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))])
}

/// A test target in `Tests/` for the target of the same name.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
  name: "pare",
  products: [
    .executable(name: "pare", targets: ["pare"]),
    .library(name: "Pare", targets: ["Recipes", "Reports"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
  ],
  targets: [
    .systemLibrary(
      name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    // Needs the headers of libhdf5; the library itself is opened at run time, never linked.
    .target(name: "CHDF5"),
    // Opens OpenBLAS at run time; nothing of it is needed to build.
    .target(name: "COpenBLAS"),
    .target(
      name: "CKernels", cSettings: [.unsafeFlags(["-O2"], .when(configuration: .debug))]),
    .target(name: "CSystem"),

    layer("Documents", ["CJSON", "CYAML", "Tensors"]),
    layer("Tensors", ["CSystem"]),
    loops("Coding", ["CKernels", "Tensors"]),
    loops("Kernels", ["CKernels", "COpenBLAS", "Tensors"]),
    layer("Checkpoints", ["Documents", "Kernels", "Tensors"]),
    layer(
      "Formats", ["CHDF5", "CZlib", "Checkpoints", "Coding", "Documents", "Kernels", "Tensors"]),
    layer("Dialects", ["Checkpoints", "Tensors"]),
    loops("Passes", ["Checkpoints", "Documents", "Kernels", "Tensors"]),
    loops("Encoders", ["Checkpoints", "Kernels", "Tensors"]),
    loops("Tasks", ["Checkpoints", "Documents", "Encoders", "Tensors"]),
    loops(
      "Training",
      ["Checkpoints", "Documents", "Encoders", "Kernels", "Passes", "Tasks", "Tensors"]),
    layer(
      "Reports", ["CZlib", "Checkpoints", "Coding", "Documents", "Kernels", "Tasks", "Tensors"]),
    layer(
      "Recipes",
      [
        "Checkpoints", "Dialects", "Documents", "Encoders", "Formats", "Kernels", "Passes",
        "Reports",
        "Tasks", "Tensors", "Training",
      ]),
    .executableTarget(
      name: "pare",
      dependencies: [
        "Checkpoints", "Documents", "Encoders", "Formats", "Passes", "Recipes", "Reports", "Tasks",
        "Tensors", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict,
      linkerSettings: [
        // What users get starts without a dynamic Swift runtime. The two libraries stand under
        // the part of FoundationEssentials that ArgumentParser uses.
        .unsafeFlags(["-static-stdlib"], .when(configuration: .release)),
        .linkedLibrary("_FoundationCollections", .when(configuration: .release)),
        .linkedLibrary("_FoundationCShims", .when(configuration: .release)),
        .unsafeFlags(
          ["-use-ld=lld", "-Xlinker", "-s", "-Xlinker", "--gc-sections"],
          .when(configuration: .release)),
      ]),

    .target(
      name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("Architecture", []),
    tests("Tensors", ["Tensors"]),
    tests("Kernels", ["CKernels", "Kernels", "Tensors"]),
    tests("Coding", ["Coding", "Tensors"]),
    tests("Documents", ["Documents", "Tensors"]),
    tests("Checkpoints", ["Checkpoints", "Documents", "Tensors"]),
    tests("Formats", ["CHDF5", "Checkpoints", "Documents", "Formats", "Tensors"]),
    tests(
      "Passes",
      ["Checkpoints", "Dialects", "Documents", "Formats", "Kernels", "Passes", "Tensors"]),
    tests("Dialects", ["Checkpoints", "Dialects", "Documents", "Kernels", "Tensors"]),
    tests(
      "Encoders",
      ["Checkpoints", "Documents", "Encoders", "Kernels", "Recipes", "Tasks", "Tensors"]),
    tests("Tasks", ["Checkpoints", "Documents", "Encoders", "Tasks", "Tensors"]),
    tests(
      "Training",
      [
        "Checkpoints", "Dialects", "Documents", "Encoders", "Formats", "Kernels", "Passes",
        "Recipes", "Tasks", "Tensors", "Training",
      ]),
    tests("Reports", ["Checkpoints", "Documents", "Kernels", "Reports", "Tasks", "Tensors"]),
    tests(
      "Recipes",
      [
        "CHDF5", "Checkpoints", "Dialects", "Documents", "Formats", "Passes", "Recipes", "Reports",
        "Tensors",
      ]),
    tests("Command", ["Documents", "pare"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)

// Benchmarks are built only when asked for: PARE_BENCHMARKS=1.
if Context.environment["PARE_BENCHMARKS"] == "1" {
  package.targets.append(
    .executableTarget(
      name: "pare-benchmarks",
      dependencies: [
        "COpenBLAS", "Checkpoints", "Coding", "Documents", "Encoders", "Formats", "Kernels",
        "Passes", "Recipes", "Tasks", "Tensors", "Training",
      ],
      path: "Benchmarks", exclude: ["peers"],
      swiftSettings: strict))
}

// Nor is the target of libFuzzer: PARE_FUZZER=1 swift build -c release --sanitize fuzzer --product pare-fuzz.
if Context.environment["PARE_FUZZER"] == "1" {
  package.targets.append(
    .executableTarget(
      name: "pare-fuzz", dependencies: ["Checkpoints", "Formats", "Tensors"], path: "Fuzzing",
      swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
}
