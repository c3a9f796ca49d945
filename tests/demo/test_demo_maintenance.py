"""The truth planted in vibration and in lives can be recovered with plain arithmetic."""

import numpy as np
import pandas as pd
import pytest

from workbench.demo import factory


def test_one_bearing_degrades_from_the_stated_day():
    vibration = factory.table("demo.vibration")
    frame, truth = vibration.frame, vibration.truth
    daily = frame.set_index("ts").groupby("machine")["envelope_g"].resample("D").mean().unstack(0)
    usual = daily.iloc[:30]

    onset = (daily > usual.mean() + 4 * usual.std()).rolling(3).sum().eq(3).idxmax()

    assert daily.iloc[-1].idxmax() == truth["degrading_machine"]
    late = onset[truth["degrading_machine"]] - pd.Timestamp(truth["onset"])
    assert pd.Timedelta(0) <= late <= pd.Timedelta(days=10)


def test_only_the_degrading_machine_passes_the_limit():
    vibration = factory.table("demo.vibration")
    worst = vibration.frame.groupby("machine")["v_rms_mm_s"].max()

    above = worst[worst > vibration.truth["limit_mm_s"]]

    assert above.index.tolist() == [vibration.truth["degrading_machine"]]


def test_the_faulty_bearing_rings_at_the_ball_pass_frequency():
    wave = factory.table("demo.vibration_waveform")
    truth = wave.truth
    peaks = {}
    for machine, part in wave.frame.groupby("machine"):
        spectrum = np.abs(np.fft.rfft(part["acceleration"]))
        band = slice(2000, 4000)  # around the resonance of 3000 Hz; one bin is one hertz
        ringing = np.zeros_like(spectrum, dtype=complex)
        ringing[band] = np.fft.rfft(part["acceleration"])[band]
        envelope = np.abs(np.fft.irfft(ringing)) ** 2
        of_envelope = np.abs(np.fft.rfft(envelope - envelope.mean()))[:300]
        peaks[machine] = (int(of_envelope.argmax()), of_envelope.max() / np.median(of_envelope))

    assert peaks[truth["faulty_machine"]][0] == pytest.approx(truth["bpfo_hz"], abs=1)
    assert peaks[truth["faulty_machine"]][1] > 5 * peaks[truth["healthy_machine"]][1]


def test_the_ball_pass_frequency_is_that_of_a_6205_bearing():
    truth = factory.table("demo.vibration_waveform").truth

    # 3.5848 per revolution: nine balls, 0.3126 in on a pitch of 1.537 in
    assert truth["bpfo_hz"] / (truth["rpm"] / 60) == pytest.approx(3.5848, abs=1e-4)


def test_every_unit_of_the_history_ran_from_its_first_cycle():
    history = factory.table("demo.run_to_failure")
    lives = history.frame.groupby("unit")["cycle"].agg(["min", "max", "size"])

    assert len(lives) == history.truth["units"]
    assert (lives["min"] == 1).all()
    assert (lives["max"] == lives["size"]).all()


def test_the_informative_sensors_move_and_the_others_do_not():
    history = factory.table("demo.run_to_failure")
    by_unit = history.frame.groupby("unit")
    sensors = [*history.truth["informative_sensors"], *history.truth["uninformative_sensors"]]
    moved = (by_unit.tail(10)[sensors].mean() - by_unit.head(10)[sensors].mean()).abs()

    in_noise = moved / by_unit.head(10)[sensors].std()

    assert (in_noise[history.truth["informative_sensors"]] > 4).all()
    assert (in_noise[history.truth["uninformative_sensors"]] < 0.5).all()


def test_remaining_life_can_be_read_from_the_damage():
    fleet = factory.table("demo.fleet")
    left = factory.table("demo.fleet_truth").frame.set_index("unit")["rul"]
    found = {}
    for unit, part in fleet.frame.groupby("unit"):
        damage = ((part["temperature"] - 60) / 25).rolling(10).mean().iloc[-1].clip(0.001, 1)
        share = np.log1p(damage * np.expm1(4.0)) / 4.0
        found[unit] = len(part) / share - len(part)

    error = (pd.Series(found) - left).abs()

    assert error.median() < 0.5 * (left - left.mean()).abs().median()
