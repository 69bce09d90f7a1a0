"""One pre-training step of UM-MAE, MAE and SimMIM, as one writes it in PyTorch.

`um-mae bench pytorch` measures it beside the project's own step. It needs PyTorch 2.6 or later and
nothing else; `--check FOLDER`, which compares loss and gradients with those of a parity case, needs
safetensors too. Parameters have the names of the published checkpoints.

Sources: Li et al. 2022 (UM-MAE), arXiv:2205.10063; He et al. 2022 (MAE), arXiv:2111.06377; Xie et
al. 2022 (SimMIM), arXiv:2111.09886; Liu et al. 2021 (Swin), arXiv:2103.14030; Wang et al. 2021
(PVT), arXiv:2102.12122.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from contextlib import nullcontext
from typing import Any, NamedTuple, Optional


def refuse(message: str) -> None:
    """Ends the program as a mistake of its user."""
    print(message, file=sys.stderr)
    sys.exit(2)


try:
    import torch
    import torch.nn.functional as F
    from torch import Tensor, nn
except ImportError as reason:
    refuse(
        f"Expected a Python with PyTorch for `--python` but got {sys.executable}: {reason}.\n"
        "Name one that has it, as in `--python ~/venv/bin/python`, or install it:"
        " https://pytorch.org"
    )

UNIT = 16
"""Side of a mask unit, in pixels."""


# Masks --------------------------------------------------------------------------------------------


class Masks(NamedTuple):
    """The mask units of each image, by their indices in raster order."""

    visible: Tensor
    """[batch, visible]; of pyramids one of each 2x2 cell, the cells in raster order."""
    hidden: Optional[Tensor]
    """[batch, visible] bool: visible, but a learned token takes the place of the content."""
    dropped: Tensor
    """[batch, dropped]; the loss covers them."""


def unit_of(corner: Tensor, grid: int) -> Tensor:
    """The unit at one of the four corners of each cell: [..., cells] to [..., cells]."""
    cell = torch.arange(corner.shape[-1], device=corner.device)
    row = 2 * (cell // (grid // 2)) + corner // 2
    column = 2 * (cell % (grid // 2)) + corner % 2
    return row * grid + column


def uniform_masks(batch: int, grid: int, device: torch.device, secondary_ratio: float) -> Masks:
    """One unit of each 2x2 cell stays visible, and of those a random share is hidden."""
    cells = (grid // 2) ** 2
    corner = torch.randint(4, (batch, cells), device=device)
    others = (corner[:, None] + torch.arange(1, 4, device=device)[:, None]) % 4
    order = torch.rand(batch, cells, device=device).argsort(dim=1)
    hidden = order >= int(cells * (1 - secondary_ratio))
    return Masks(unit_of(corner, grid), hidden, unit_of(others, grid).flatten(1))


def random_masks(batch: int, grid: int, device: torch.device, ratio: float = 0.75) -> Masks:
    """Any units are dropped, as many in every image."""
    order = torch.rand(batch, grid**2, device=device).argsort(dim=1)
    dropped = int(ratio * grid**2)
    return Masks(order[:, dropped:], None, order[:, :dropped])


# Tokens, units and positions ----------------------------------------------------------------------


def take(x: Tensor, index: Tensor) -> Tensor:
    """Some rows of each image: [batch, n, channels], [batch, m] to [batch, m, channels]."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[-1]))


def to_units(x: Tensor, side: int) -> Tensor:
    """[batch, height, width, channels] to [batch, units of side x side, side * side * channels]."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // side, side, width // side, side, channels)
    return x.transpose(2, 3).reshape(batch, -1, side * side * channels)


def to_map(units: Tensor, side: int) -> Tensor:
    """The inverse of `to_units` for a square grid of units."""
    batch, count, values = units.shape
    grid = int(count**0.5)
    x = units.view(batch, grid, grid, side, side, values // side**2)
    return x.transpose(2, 3).reshape(batch, grid * side, grid * side, -1)


def open_tokens(x: Tensor, side: int) -> Tensor:
    """Pixel shuffle of [batch, height, width, n * side**2] to [batch, height * width * side**2, n]."""
    return x.unflatten(-1, (-1, side, side)).permute(0, 1, 4, 2, 5, 3).flatten(1, 4)


def sine_cosine_positions(grid: int, channels: int, class_row: bool = False) -> Tensor:
    """[1, grid * grid, channels]: the column in the first half of the channels, then the row."""
    frequency = 10000 ** (-torch.arange(channels // 4, dtype=torch.float64) / (channels // 4))
    angle = torch.arange(grid, dtype=torch.float64)[:, None] * frequency
    axis = torch.cat([angle.sin(), angle.cos()], dim=1)
    column = axis[None, :].expand(grid, -1, -1)
    row = axis[:, None].expand(-1, grid, -1)
    table = torch.cat([column, row], dim=2).flatten(0, 1).float()
    return torch.cat([torch.zeros(int(class_row), channels), table])[None]


# Blocks -------------------------------------------------------------------------------------------


class Mlp(nn.Module):
    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Linear(channels, hidden)
        self.fc2 = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class Attention(nn.Module):
    """Of all tokens to all tokens."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class TransformerBlock(nn.Module):
    """Of ViT and of the decoder."""

    def __init__(self, channels: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=1e-6)
        self.attn = Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels, eps=1e-6)
        self.mlp = Mlp(channels, 4 * channels)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbedding(nn.Module):
    def __init__(self, channels: int, patch: int, norm: bool):
        super().__init__()
        self.proj = nn.Conv2d(3, channels, patch, patch)
        self.norm = nn.LayerNorm(channels, eps=1e-6) if norm else nn.Identity()


class Downsample(nn.Module):
    def __init__(self, before: int, channels: int, norm: bool):
        super().__init__()
        self.norm = nn.LayerNorm(before, eps=1e-6) if norm else nn.Identity()
        self.proj = nn.Conv2d(before, channels, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(self.norm(x).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


class PyramidBlock(nn.Module):
    """Of tokens [batch, height, width, channels]; `context` is what its attention takes beside."""

    def __init__(self, channels: int, attn: nn.Module, hidden: int, downsample: nn.Module):
        super().__init__()
        self.downsample = downsample
        self.norm1 = nn.LayerNorm(channels)
        self.attn = attn
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = Mlp(channels, hidden)

    def forward(self, x: Tensor, *context: Any) -> Tensor:
        x = self.downsample(x)
        x = x + self.attn(self.norm1(x), *context)
        return x + self.mlp(self.norm2(x))


class WindowAttention(nn.Module):
    """Inside square windows, with a bias that a small network makes of differences of positions."""

    def __init__(self, channels: int, heads: int, position_channels: int, window: int, shift: int):
        super().__init__()
        self.heads, self.window, self.shift = heads, window, shift
        self.posmlp = nn.Sequential(
            nn.Conv2d(2, position_channels, 1), nn.ReLU(), nn.Conv2d(position_channels, heads, 1)
        )
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x: Tensor, pairs: Tensor, separation: Optional[Tensor]) -> Tensor:
        batch, height, width, channels = x.shape
        side, heads = self.window, self.heads
        rows, columns = height // side, width // side
        if self.shift:
            x = x.roll((-self.shift, -self.shift), (1, 2))
        # Windows count as heads, so that images can share their bias.
        qkv = self.qkv(x).view(batch, rows, side, columns, side, 3, heads, -1)
        qkv = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7).reshape(3, batch, -1, side**2, channels // heads)
        q, k, v = qkv.unbind(0)
        bias = self.position_bias(pairs, rows * columns, separation).expand(batch, -1, -1, -1)
        x = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        x = x.reshape(batch, rows, columns, heads, side, side, -1).permute(0, 1, 4, 2, 5, 3, 6)
        x = self.proj(x.reshape(batch, height, width, channels))
        return x.roll((self.shift, self.shift), (1, 2)) if self.shift else x

    def position_bias(self, pairs: Tensor, windows: int, separation: Optional[Tensor]) -> Tensor:
        """[images * windows, 2, tokens, tokens] to [images, windows * heads, tokens, tokens]."""
        bias = self.posmlp(pairs).unflatten(0, (-1, windows))
        return (bias if separation is None else bias + separation).flatten(1, 2)


class ReducedAttention(nn.Module):
    """Of all tokens to keys and values of a pooled grid."""

    def __init__(self, channels: int, heads: int, reduction: int):
        super().__init__()
        self.heads, self.reduction = heads, reduction
        self.q = nn.Linear(channels, channels)
        self.kv = nn.Linear(channels, 2 * channels)
        self.proj = nn.Linear(channels, channels)
        self.sr = nn.Conv2d(channels, channels, 1)
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.permute(0, 3, 1, 2)
        if self.reduction > 1:
            pooled = F.avg_pool2d(pooled, self.reduction)
        reduced = self.norm(self.sr(pooled).permute(0, 2, 3, 1).flatten(1, 2))
        k, v = self.kv(reduced).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        q = self.q(x.flatten(1, 2)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        return self.proj(mixed.reshape(x.shape))


# Encoders -----------------------------------------------------------------------------------------


class Swin(nn.Module):
    """Swin whose position bias comes from coordinates, on a grid of `side` x `side` tokens."""

    def __init__(self, o: dict, side: int):
        super().__init__()
        self.width = o["channels"] * 2 ** (len(o["depths"]) - 1)
        self.depths = o["depths"]
        self.patch_embed = PatchEmbedding(o["channels"], o["patch"], norm=True)
        self.blocks = nn.ModuleList()
        self.windows = []
        for stage, (depth, heads) in enumerate(zip(o["depths"], o["heads"])):
            channels, tokens = o["channels"] * 2**stage, side // 2**stage
            window = min(o["window"], tokens)
            shift = window // 2 if tokens > window else 0
            self.windows.append((window, shift))
            self.register_buffer(
                f"separation_{stage}", separation(tokens, window, shift), persistent=False
            )
            for i in range(depth):
                first = stage > 0 and i == 0
                down = Downsample(channels // 2, channels, True) if first else nn.Identity()
                shifted = shift if i % 2 else 0
                attn = WindowAttention(channels, heads, o["position_channels"], window, shifted)
                self.blocks.append(PyramidBlock(channels, attn, 4 * channels, down))
        self.norm = nn.LayerNorm(self.width, eps=1e-6)
        full = torch.arange(o["image_size"] // o["patch"], dtype=torch.float32)
        self.register_buffer(
            "positions",
            torch.stack(torch.meshgrid(full, full, indexing="ij"), -1)[None],
            persistent=False,
        )

    def encode(self, x: Tensor, positions: Tensor) -> Tensor:
        """Tokens [batch, side, side, channels] at `positions` [batch or 1, side, side, 2]."""
        blocks = iter(self.blocks)
        for stage, depth in enumerate(self.depths):
            if stage > 0:
                positions = positions[:, ::2, ::2] / 2
            window, shift = self.windows[stage]
            plain = log_differences(positions, window)
            shifted = plain
            if shift:
                shifted = log_differences(positions.roll((-shift, -shift), (1, 2)), window)
            for i in range(depth):
                odd = i % 2 == 1 and shift > 0
                separated = self.get_buffer(f"separation_{stage}") if odd else None
                x = next(blocks)(x, shifted if odd else plain, separated)
        return self.norm(x)


def log_differences(positions: Tensor, window: int) -> Tensor:
    """[batch, height, width, 2] to [batch * windows, 2, queries, keys], log-spaced."""
    x = to_units(positions, window).unflatten(-1, (-1, 2)).flatten(0, 1).transpose(1, 2)
    delta = x[:, :, None, :] - x[:, :, :, None]
    return delta.sign() * delta.abs().log1p()


def separation(tokens: int, window: int, shift: int) -> Tensor:
    """[windows, 1, tokens, tokens]: -100 between those that were no neighbours before the shift."""
    i = torch.arange(tokens)
    region = (i >= tokens - window).long() + (i >= tokens - shift).long()
    label = to_units((3 * region[:, None] + region)[None, :, :, None], window)[0]
    return (label[:, None, None, :] != label[:, None, :, None]).float() * -100


class Pvt(nn.Module):
    def __init__(self, o: dict):
        super().__init__()
        self.width = o["channels"][-1]
        first = o["channels"][0]
        self.register_buffer(
            "pos_embed", sine_cosine_positions(o["image_size"] // o["patch"], first)
        )
        self.patch_embed = PatchEmbedding(first, o["patch"], norm=False)
        self.blocks = nn.ModuleList()
        before = first
        stages = zip(o["channels"], o["depths"], o["heads"], o["mlp_ratios"], o["reductions"])
        for stage, (channels, depth, heads, ratio, reduction) in enumerate(stages):
            for i in range(depth):
                down = Downsample(before, channels, False) if stage and i == 0 else nn.Identity()
                attn = ReducedAttention(channels, heads, reduction)
                self.blocks.append(PyramidBlock(channels, attn, ratio * channels, down))
            before = channels
        self.norm = nn.LayerNorm(self.width, eps=1e-6)

    def encode(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class Vit(nn.Module):
    def __init__(self, o: dict):
        super().__init__()
        self.width = o["channels"]
        self.cls_token = nn.Parameter(torch.zeros(1, 1, self.width))
        grid = o["image_size"] // o["patch"]
        self.register_buffer("pos_embed", sine_cosine_positions(grid, self.width, class_row=True))
        self.patch_embed = PatchEmbedding(self.width, o["patch"], norm=False)
        self.blocks = nn.ModuleList(
            TransformerBlock(self.width, o["heads"]) for _ in range(o["depth"])
        )
        self.norm = nn.LayerNorm(self.width, eps=1e-6)

    def encode(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


# Objectives ---------------------------------------------------------------------------------------


class Reconstruction:
    """The decoder of masked autoencoders, and their loss; it is mixed into an encoder."""

    def add_decoder(self, o: dict, opened: int, class_row: bool = False) -> None:
        """`opened`: units on a side that each token of the encoder opens into."""
        channels = o["decoder_channels"]
        self.class_rows, self.norm_pixels = int(class_row), o["norm_pixels"]
        self.published_positions = o["published_positions"]
        self.mask_token = nn.Parameter(torch.zeros(1, 1, channels))
        self.register_buffer(
            "decoder_pos_embed",
            sine_cosine_positions(o["image_size"] // UNIT, channels, class_row),
        )
        self.decoder_embed = nn.Linear(self.width, channels * opened**2)
        self.decoder_blocks = nn.ModuleList(
            TransformerBlock(channels, o["decoder_heads"]) for _ in range(o["decoder_depth"])
        )
        self.decoder_norm = nn.LayerNorm(channels, eps=1e-6)
        self.decoder_pred = nn.Linear(channels, 3 * UNIT**2)

    def reconstruct(self, seen: Tensor, masks: Masks, front: Optional[Tensor] = None) -> Tensor:
        """Predicts the dropped units from the visible ones, [batch, visible, channels]."""
        positions = self.decoder_pos_embed[0, self.class_rows :]
        # The published code pairs the visible units of pyramids with positions in another order.
        places = masks.visible.sort(dim=1)[0] if self.published_positions else masks.visible
        seen = seen + positions[places]
        masked = self.mask_token + positions[masks.dropped]
        x = torch.cat([seen, masked] if front is None else [front, seen, masked], dim=1)
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x[:, -masks.dropped.shape[1] :]))

    def loss(self, prediction: Tensor, images: Tensor, masks: Masks) -> Tensor:
        target = targets(images, masks.dropped)
        if self.norm_pixels:
            variance, mean = torch.var_mean(target, dim=-1, keepdim=True)
            target = (target - mean) / (variance + 1e-6).sqrt()
        return F.mse_loss(prediction.float(), target)


def targets(images: Tensor, dropped: Tensor) -> Tensor:
    """The pixels of the dropped units: [batch, dropped, 768] in the order row, column, colour."""
    return take(to_units(images.permute(0, 2, 3, 1), UNIT), dropped)


def compact_tokens(tokens: Tensor, masks: Masks, hidden_token: Optional[Tensor]) -> Tensor:
    """The visible units of a map of tokens moved together, hidden ones replaced.

    [batch, height, width, channels] to [batch, height / 2, width / 2, channels].
    """
    per_side = tokens.shape[1] // int((4 * masks.visible.shape[1]) ** 0.5)
    units = take(to_units(tokens, per_side), masks.visible)
    if hidden_token is not None:
        units = units.unflatten(-1, (-1, hidden_token.shape[-1]))
        units = torch.where(masks.hidden[:, :, None, None], hidden_token, units).flatten(2)
    return to_map(units, per_side)


class UmMaeSwin(Swin, Reconstruction):
    def __init__(self, o: dict):
        super().__init__(o, side=o["image_size"] // o["patch"] // 2)
        self.vis_mask_token = nn.Parameter(torch.zeros(1, 1, o["channels"]))
        self.add_decoder(o, opened=2)

    def forward(self, images: Tensor, masks: Masks) -> Tensor:
        tokens = self.patch_embed.proj(images).permute(0, 2, 3, 1)
        x = self.patch_embed.norm(compact_tokens(tokens, masks, self.vis_mask_token))
        positions = self.positions.expand(len(images), -1, -1, -1)
        latent = self.encode(x, compact_tokens(positions, masks, None))
        seen = open_tokens(self.decoder_embed(latent), 2)
        return self.loss(self.reconstruct(seen, masks), images, masks)


class UmMaePvt(Pvt, Reconstruction):
    def __init__(self, o: dict):
        super().__init__(o)
        self.vis_mask_token = nn.Parameter(torch.zeros(1, 1, o["channels"][0]))
        self.add_decoder(o, opened=2)

    def forward(self, images: Tensor, masks: Masks) -> Tensor:
        tokens = self.patch_embed.proj(images).permute(0, 2, 3, 1)
        x = compact_tokens(tokens, masks, self.vis_mask_token)
        positions = self.pos_embed.view(1, *tokens.shape[1:]).expand_as(tokens)
        latent = self.encode(x + compact_tokens(positions, masks, None))
        seen = open_tokens(self.decoder_embed(latent), 2)
        return self.loss(self.reconstruct(seen, masks), images, masks)


class MaeVit(Vit, Reconstruction):
    def __init__(self, o: dict):
        super().__init__(o)
        self.add_decoder(o, opened=1, class_row=True)

    def forward(self, images: Tensor, masks: Masks) -> Tensor:
        tokens = self.patch_embed.proj(images).flatten(2).transpose(1, 2) + self.pos_embed[:, 1:]
        front = (self.cls_token + self.pos_embed[:, :1]).expand(len(images), -1, -1)
        latent = self.encode(torch.cat([front, take(tokens, masks.visible)], dim=1))
        x = self.decoder_embed(latent)
        return self.loss(self.reconstruct(x[:, 1:], masks, x[:, :1]), images, masks)


class SimMimSwin(Swin):
    def __init__(self, o: dict):
        super().__init__(o, side=o["image_size"] // o["patch"])
        self.mask_token = nn.Parameter(torch.zeros(1, 1, o["channels"]))
        self.decoder_pred = nn.Linear(self.width, 4 * 3 * UNIT**2)

    def forward(self, images: Tensor, masks: Masks) -> Tensor:
        batch, grid = len(images), images.shape[-1] // UNIT
        tokens = self.patch_embed.norm(self.patch_embed.proj(images).permute(0, 2, 3, 1))
        masked = torch.zeros(batch, grid**2, dtype=torch.bool, device=images.device)
        masked = masked.scatter(1, masks.dropped, True).view(batch, 1, grid, grid).float()
        where = F.interpolate(masked, size=tokens.shape[1:3]).view(*tokens.shape[:3], 1) > 0
        latent = self.encode(torch.where(where, self.mask_token, tokens), self.positions)
        prediction = open_tokens(self.decoder_pred(latent), 2)
        return F.l1_loss(take(prediction, masks.dropped).float(), targets(images, masks.dropped))


# What is measured ---------------------------------------------------------------------------------


BACKBONES = {
    "swin-tiny": {
        "image_size": 256,
        "patch": 4,
        "channels": 96,
        "depths": (2, 2, 6, 2),
        "heads": (3, 6, 12, 24),
        "position_channels": 32,
    },
    "pvt-small": {
        "image_size": 256,
        "patch": 4,
        "channels": (64, 128, 320, 512),
        "depths": (3, 4, 6, 3),
        "heads": (1, 2, 5, 8),
        "mlp_ratios": (8, 8, 4, 4),
        "reductions": (4, 2, 1, 1),
    },
    "vit-base": {"image_size": 224, "patch": 16, "channels": 768, "depth": 12, "heads": 12},
}

DECODER = {
    "decoder_channels": 512,
    "decoder_depth": 2,
    "decoder_heads": 16,
    "norm_pixels": True,
    "published_positions": False,
}

OBJECTIVES = {
    ("swin-tiny", "um-mae"): (UmMaeSwin, {"window": 8}),
    ("swin-tiny", "simmim"): (SimMimSwin, {"window": 16}),
    ("pvt-small", "um-mae"): (UmMaePvt, {}),
    ("vit-base", "mae"): (MaeVit, {}),
}


def initialise(model: nn.Module) -> None:
    for name, parameter in model.named_parameters():
        if name.endswith("token"):
            nn.init.normal_(parameter, std=0.02)
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear) or name == "patch_embed.proj":
            nn.init.xavier_uniform_(module.weight.data.flatten(1))
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
            nn.init.zeros_(module.bias)


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    """Without decay of biases and norms; one fused kernel for all weights."""
    named = [(name, weight) for name, weight in model.named_parameters() if weight.requires_grad]
    free = [weight for name, weight in named if weight.ndim == 1 or name.endswith(".bias")]
    rest = [weight for name, weight in named if weight.ndim > 1 and not name.endswith(".bias")]
    groups = [{"params": free, "weight_decay": 0.0}, {"params": rest, "weight_decay": 0.05}]
    return torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), fused=True)


def normalise(pixels: Tensor) -> Tensor:
    """uint8 [batch, height, width, 3] to f32 [batch, 3, height, width] by ImageNet's mean."""
    mean = torch.tensor((0.485, 0.456, 0.406), device=pixels.device)
    deviation = torch.tensor((0.229, 0.224, 0.225), device=pixels.device)
    return ((pixels.float() / 255 - mean) / deviation).permute(0, 3, 1, 2)


def compiled(function: Any, mode: str) -> Any:
    return function if mode == "none" else torch.compile(function, fullgraph=True, mode=mode)


class Step:
    """Forward, backward, norm of the gradients and optimizer on the same random pixels."""

    def __init__(self, args: argparse.Namespace, device: torch.device):
        build, extra = OBJECTIVES[args.model, args.method]
        options = {**BACKBONES[args.model], **DECODER, **extra}
        if args.image_size:
            options["image_size"] = args.image_size
        self.size, self.device = options["image_size"], device
        self.grid, self.batch, self.args = self.size // UNIT, args.batch_size, args
        torch.manual_seed(0)
        self.model = build(options)
        initialise(self.model)
        self.model.to(device)
        self.optimizer = adamw(self.model)
        shape = (self.batch, self.size, self.size, 3)
        pixels = torch.randint(256, shape, dtype=torch.uint8)
        self.pixels = pixels.pin_memory() if device.type == "cuda" else pixels
        self.loss_of = compiled(self.compute_loss, args.compile)

    def compute_loss(self, pixels: Tensor) -> Tensor:
        images = normalise(pixels)
        if self.args.method == "um-mae":
            masks = uniform_masks(self.batch, self.grid, self.device, secondary_ratio=0.25)
        else:
            masks = random_masks(self.batch, self.grid, self.device)
        is_bf16 = self.args.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16) if is_bf16 else nullcontext():
            return self.model(images, masks)

    def run(self) -> Tensor:
        loss = self.loss_of(self.pixels.to(self.device, non_blocking=True))
        loss.backward()
        gradients = [weight.grad for weight in self.model.parameters()]
        torch.nn.utils.get_total_norm(gradients)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.detach()


def measure(args: argparse.Namespace, device: torch.device) -> dict:
    """`stepSeconds` are those of a step that waits for the device, as `um-mae bench` has them."""
    is_cuda = device.type == "cuda"
    wait = torch.cuda.synchronize if is_cuda else lambda: None
    torch.backends.cudnn.benchmark = True
    step = Step(args, device)
    for i in range(args.warm_up):
        step.run()
        wait()
        # The first compiles and tries kernels; what that takes is not the step's.
        if is_cuda and i == 0:
            torch.cuda.reset_peak_memory_stats()
    seconds = [timed(step.run, wait) for _ in range(args.counted)]
    together = timed(lambda: repeat(step.run, args.counted), wait) if is_cuda else sum(seconds)
    median = statistics.median(seconds)
    return {
        "model": args.model,
        "method": args.method,
        "imageSize": step.size,
        "batchSize": args.batch_size,
        "precision": args.precision,
        "device": args.device,
        "compile": args.compile,
        **describe(device),
        "stepSeconds": median,
        "imagesPerSecond": args.batch_size / median,
        "sustainedImagesPerSecond": args.batch_size * args.counted / together,
        **peak_memory(is_cuda),
        "loss": step.run().item(),
    }


def timed(run: Any, wait: Any) -> float:
    wait()
    start = time.perf_counter()
    run()
    wait()
    return time.perf_counter() - start


def repeat(run: Any, count: int) -> None:
    for _ in range(count):
        run()


def peak_memory(is_cuda: bool) -> dict:
    """Of the device; on the CPU the largest resident set of this process."""
    if is_cuda:
        return {
            "peakMemoryBytes": torch.cuda.max_memory_allocated(),
            "peakReservedBytes": torch.cuda.max_memory_reserved(),
        }
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"peakMemoryBytes": resident * (1 if sys.platform == "darwin" else 1024)}


def describe(device: torch.device) -> dict:
    is_cuda = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if is_cuda else platform.machine()
    return {"deviceName": name, "torchVersion": torch.__version__}


def open_device(name: str) -> torch.device:
    if name != "cpu" and not torch.cuda.is_available():
        refuse(
            f"Expected a PyTorch that finds a GPU for `--device {name}` but got {torch.__version__},"
            " which finds none.\nInstall one that is built for the machine's CUDA, or take --device cpu."
        )
    device = torch.device(name)
    if device.type == "cuda":
        torch.cuda.set_device(device.index or 0)
    return device


# The check ----------------------------------------------------------------------------------------


PUBLISHED_CLASSES = {
    "MaskedAutoencoderSwin": UmMaeSwin,
    "MaskedAutoencoderPVT": UmMaePvt,
    "MaskedAutoencoderViT": MaeVit,
    "SimMIMSwin": SimMimSwin,
}

PUBLISHED_OPTIONS = {
    "img_size": "image_size",
    "patch_size": "patch",
    "embed_dim": "channels",
    "embed_dims": "channels",
    "num_heads": "heads",
    "window_size": "window",
    "posmlp_dim": "position_channels",
    "sr_ratios": "reductions",
    "decoder_embed_dim": "decoder_channels",
    "decoder_num_heads": "decoder_heads",
    "norm_pix_loss": "norm_pixels",
}


def build_published(case: dict) -> nn.Module:
    build = PUBLISHED_CLASSES[case["reference_class"].split()[0]]
    options = {PUBLISHED_OPTIONS.get(name, name): x for name, x in case["constructor"].items()}
    return build({**options, "published_positions": True})


def masks_of(case: dict, inputs: dict) -> Masks:
    removed, ratio = inputs["mask"], case["constructor"].get("vis_mask_ratio", 0)
    batch, units = removed.shape
    grid, kept = int(units**0.5), units - int(removed[0].sum())
    order = removed.int().argsort(dim=1, stable=True)
    visible, dropped = order[:, :kept], order[:, kept:]
    if ratio == 0:
        return Masks(visible, None, dropped)
    corner = to_units((~removed).int().view(batch, grid, grid, 1), 2).argmax(-1)
    visible = unit_of(corner, grid)
    rank = inputs["noise"].gather(1, visible).argsort(dim=1).argsort(dim=1)
    return Masks(visible, rank >= int(kept * (1 - ratio)), dropped)


def check(args: argparse.Namespace, device: torch.device) -> bool:
    """Compares loss and gradients with a parity case in f32; prints a line for each that is off."""
    from safetensors.torch import load_file

    torch.backends.cudnn.allow_tf32 = False
    with open(os.path.join(args.check, "case.json"), encoding="utf-8") as file:
        case = json.load(file)
    load = lambda name: load_file(os.path.join(args.check, f"{name}.safetensors"), str(device))
    inputs, expected = load("inputs"), load("grads")
    model = build_published(case).to(device)
    model.load_state_dict(load("weights"), strict=True)
    loss = compiled(model, args.compile)(inputs["images"].float(), masks_of(case, inputs))
    loss.backward()
    slack = 10 if device.type == "cuda" else 1
    true_loss = case["scalars"]["loss_float32"]
    use = abs(loss.item() / true_loss - 1) / case["tolerances"]["loss_relative"] / slack
    worst = {"loss": use}
    rules = case["files"]["grads.safetensors"]
    gradients = {name: weight.grad for name, weight in model.named_parameters()}
    for name, gradient in expected.items():
        if name not in rules["analytically_zero"]:
            meaningful = where_not_zero(name, gradient, rules["analytically_zero_slices"])
            difference = (gradients[name] - gradient) * meaningful
            largest = difference.abs().max().item()
            worst[name] = largest / rules["per_tensor"][name]["recommended_atol"] / slack
            if gradient.norm() > 1e-5:
                relative = (difference.norm() / gradient.norm()).item()
                allowed = rules["recommended"]["relative_l2_per_tensor"]
                worst[name] = max(worst[name], relative / allowed)
    off = {name: use for name, use in worst.items() if not use <= 1}
    most = max(worst, key=worst.get)
    report = {
        "case": case["case"],
        "compared": len(worst),
        "loss": loss.item(),
        "expectedLoss": true_loss,
        "worst": most,
        "shareOfTolerance": worst[most],
        "off": off,
    }
    print(json.dumps(report, indent=None if args.json else 2))
    return not off


def where_not_zero(name: str, gradient: Tensor, slices: list) -> Tensor:
    """Zero where the gradient is nothing but rounding: `name[from:to]` in the case."""
    meaningful = torch.ones_like(gradient)
    for entry in slices:
        tensor, _, bounds = entry.rstrip("]").partition("[")
        if tensor == name:
            start, end = bounds.split(":")
            meaningful[int(start) : int(end)] = 0
    return meaningful


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One pre-training step in PyTorch, measured")
    parser.add_argument("--model", choices=BACKBONES, default="swin-tiny")
    parser.add_argument("--method", choices=("um-mae", "simmim", "mae"), default="um-mae")
    parser.add_argument("--image-size", type=int, help="in pixels (default: the model's own)")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--precision", choices=("f32", "bf16"), default="f32")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--compile", choices=("none", "default", "max-autotune"), default="none")
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--counted", type=int, default=10)
    parser.add_argument("--check", metavar="FOLDER", help="compare with this parity case instead")
    parser.add_argument("--describe", action="store_true", help="name device and version only")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")
    return parser.parse_args()


def main() -> None:
    args = parse()
    device = open_device(args.device)
    if args.check:
        sys.exit(0 if check(args, device) else 1)
    if not args.describe and (args.model, args.method) not in OBJECTIVES:
        pairs = ", ".join(" ".join(pair) for pair in OBJECTIVES)
        refuse(f"Expected one of {pairs} but got {args.model} {args.method}.")
    try:
        report = describe(device) if args.describe else measure(args, device)
    except torch.OutOfMemoryError:
        refuse(
            f"Expected {args.batch_size} images a step to fit {args.device} but PyTorch ran out of memory.\n"
            f"Try --batch-size {max(1, args.batch_size // 2)}."
        )
    print(json.dumps(report, indent=None if args.json else 2))


if __name__ == "__main__":
    main()
