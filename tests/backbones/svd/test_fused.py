"""Does the VAE say the same channels last and fused as it says as it is?"""

import pytest
import torch
from torch import nn

from actiondiff_gui.backbones.registry import load_backbone
from actiondiff_gui.backbones.svd.encoding import FrameEncoder
from actiondiff_gui.backbones.svd.fused import NormSiLU, group_norm_silu, settle, way


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_norm_and_silu_together_are_the_two_one_after_the_other(layout):
    torch.manual_seed(0)
    norm = nn.GroupNorm(4, 12, eps=1e-6)
    nn.init.normal_(norm.weight)
    nn.init.normal_(norm.bias)
    x = (3 * torch.randn(2, 12, 5, 7) + 1).contiguous(memory_format=layout)
    expected = nn.functional.silu(norm(x))
    found = NormSiLU(norm, group_norm_silu)(x)
    assert torch.allclose(found, expected, atol=2e-6)
    assert found.is_contiguous(memory_format=torch.channels_last) or layout is not torch.channels_last
    half = NormSiLU(norm.bfloat16(), group_norm_silu)(x.bfloat16())
    assert torch.allclose(half.float(), expected, atol=0.05)


def test_the_vae_says_the_same_and_is_left_as_it_was(svd_folder):
    backbone = load_backbone(str(svd_folder), "cpu", "float32")
    encoder = FrameEncoder(backbone.vae, backbone.image_encoder, "cpu", torch.float32)
    pixels = torch.rand(2, 3, 32, 48) * 2 - 1
    before = [type(each) for each in backbone.vae.encoder.modules()]
    with torch.inference_mode():
        expected = encoder.posterior_mode(pixels)
        with way(encoder, group_norm_silu):
            kinds = [type(each) for each in backbone.vae.encoder.modules()]
            # Two of each residual block, and the one before the last convolution.
            norms = sum(isinstance(each, nn.GroupNorm) for each in backbone.vae.encoder.modules())
            assert kinds.count(NormSiLU) == norms - 1, "all but the attention's own"
            assert nn.SiLU not in kinds
            found = encoder.posterior_mode(pixels)
        again = encoder.posterior_mode(pixels)
    assert torch.allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(again, expected)
    assert [type(each) for each in backbone.vae.encoder.modules()] == before
    assert settle(encoder, (32, 48), 10**6) == {}, "nothing is tried away from a GPU"
