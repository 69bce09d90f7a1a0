/**
 * Self-supervised pre-training of pyramid vision transformers with uniform masking.
 *
 * @module um-mae
 */
export {
  Backbone,
  type BackboneParts,
  type Encoded,
  type ImageSize,
} from './backbones/backbone.js';
export { type BuildParts, buildBackbone } from './backbones/build.js';
export { type BackboneName, type BackboneOptions, backbonePresets } from './backbones/families.js';
export { type BackboneShape, pyramidShape } from './backbones/family.js';
export type { OwnBackbone } from './backbones/own.js';
export { ResidualBlock } from './backbones/parts/blocks/residual-block.js';
export {
  PatchEmbedding,
  type PatchEmbeddingOptions,
} from './backbones/parts/grid/patch-embedding.js';
export { fullGrid, type PatchGrid } from './backbones/parts/grid/patch-grid.js';
export type { HeadPooling, PooledStages, Pooling } from './backbones/pooled-stages.js';
export type { PvtOptions } from './backbones/pvt/family.js';
export { Pvt } from './backbones/pvt/pvt.js';
export type { SwinOptions } from './backbones/swin/family.js';
export { Swin } from './backbones/swin/swin.js';
export type { VitOptions } from './backbones/vit/family.js';
export { Vit } from './backbones/vit/vit.js';
export {
  type ClassifiedImages,
  openClassifiedImages,
  openTrainingImages,
  type TrainingImages,
} from './data/classified-images.js';
export {
  type ImageBatch,
  ImageLoader,
  type ImageLoaderOptions,
} from './data/loading/loader.js';
export type { ImageLocation, ImageSet } from './data/sources/image-set.js';
export { type OpenedImages, openImages } from './data/sources/open-images.js';
export {
  CheckpointError,
  DataError,
  FileError,
  RecipeError,
  type RecipeIssue,
  UmMaeError,
} from './errors.js';
export {
  type ExportOptions,
  type ExportReport,
  exportModel,
} from './export/export-model.js';
export type { ExportKind } from './export/source.js';
export type { ExportForm } from './export/usage.js';
export { type EmbedOptions, type EmbedReport, embed } from './features/embed.js';
export type { FeatureBatch, FeatureOptions, ImageFeatures } from './features/extract-features.js';
export type {
  EncodedImages,
  ExtractOptions,
  FrozenBackbone,
  ImageInput,
  ObservedImage,
  Preparation,
} from './features/frozen-backbone.js';
export type { LabelledFeatures } from './features/labelled-features.js';
export { type LoadOptions, load } from './features/load.js';
export type { ChosenPooling, PoolingOptions, View } from './features/pooling.js';
export {
  classifyByNeighbours,
  type NeighbourOptions,
  neighbourAccuracy,
} from './features/probe/knn.js';
export {
  classifyLinearly,
  fitLinearProbe,
  type LinearProbe,
  type LinearProbeOptions,
  linearProbeAccuracy,
} from './features/probe/linear-probe.js';
export { type ProbeOptions, type ProbeReport, probe } from './features/probe/probe.js';
export { rankMe } from './features/probe/rank-me.js';
export { chanceLevel, type ShareInterval, shareInterval } from './features/probe/share-interval.js';
export {
  findSimilar,
  type Neighbour,
  type SimilarImages,
  type SimilarOptions,
} from './features/similar.js';
export { Classifier, type ClassifierOptions } from './heads/classifier.js';
export {
  Segmentor,
  type SegmentorLogits,
  type SegmentorOptions,
} from './heads/segmentation/segmentor.js';
export type { RgbImage } from './images/geometry/resize.js';
export { drawMask, type Mask, type MaskingOptions, type TrainingMask } from './masking/mask.js';
export { type Conversion, type ConvertRequest, convertWeights } from './models/convert.js';
export { type Inspection, inspectWeights } from './models/inspect.js';
export { buildObjective, type Method, type MethodOptions } from './objectives/build.js';
export type { DecoderOptions } from './objectives/decoder/options.js';
export {
  MaskedAutoencoder,
  type MaskedAutoencoderOptions,
} from './objectives/masked-autoencoder.js';
export {
  MaskedObjective,
  type ObjectiveOptions,
  type ObjectiveParts,
} from './objectives/masked-objective.js';
export { Objective } from './objectives/objective.js';
export { SimMim } from './objectives/simmim.js';
export { similarSheet } from './pictures/similar-sheet.js';
export type { Architecture } from './recipes/finetune/compose-finetune.js';
export type { FinetuneRecipe, FinetuneRecipeInput } from './recipes/finetune/finetune-recipe.js';
export { finetuneRecipeNames, namedFinetuneRecipe } from './recipes/finetune/named.js';
export { parseFinetuneRecipe, parsePretrainRecipe } from './recipes/parse.js';
export { modelNames, modelRecipe, namedRecipe, recipeNames } from './recipes/pretrain/named.js';
export type { PretrainRecipe, PretrainRecipeInput } from './recipes/pretrain/pretrain-recipe.js';
export type { Duration } from './recipes/schedule/duration.js';
export { type Plan, resolve } from './recipes/schedule/plan.js';
export {
  type ClassifierEvaluation,
  evaluateClassifier,
  type Mistake,
} from './tasks/classification/classification.js';
export type { ClassificationOptions } from './tasks/classification/classify.js';
export {
  type ImageClasses,
  type PredictOptions,
  predictFiles,
} from './tasks/classification/predict.js';
export { readClassifier, type TrainedClassifier } from './tasks/finetune/classifier.js';
export type { FinetuneEvent } from './tasks/finetune/events.js';
export { type FinetuneOptions, finetune } from './tasks/finetune/finetune.js';
export type { PretrainEvent, WatchLine } from './tasks/pretrain/events.js';
export type { OwnObjective } from './tasks/pretrain/own-objective.js';
export {
  loadForReconstruction,
  type Reconstruction,
  reconstruct,
  reconstructionSheet,
} from './tasks/pretrain/pictures/reconstruction.js';
export { type PretrainOptions, pretrain } from './tasks/pretrain/pretrain.js';
export type { Summary } from './training/recording/events.js';
export type { Metrics, ScoresLine } from './training/run-files/metrics/metrics-line.js';
export type { RunMode } from './training/run-files/open-run-directory.js';
export type { RunSettings } from './training/run-settings.js';
export { openWeights, type Weights } from './weights/open-weights.js';
export type { WeightsChoice } from './weights/weights-choice.js';
