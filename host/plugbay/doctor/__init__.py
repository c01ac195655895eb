"""The doctor: is this installation sound, and do its limits hold?"""

from plugbay.doctor.examination import examine
from plugbay.doctor.report import AdapterReport, AttackResult, DoctorReport, EngineReport, Place, PluginReport

__all__ = ["AdapterReport", "AttackResult", "DoctorReport", "EngineReport", "Place", "PluginReport", "examine"]
